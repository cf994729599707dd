import { Injectable } from '@nestjs/common';
import { signed, type Certificate, verdictOf } from '#certificates';
import { createTaker } from '#client';
import { ERRORS, invalid, Refusal } from '../envelope.js';
import { claimedOrders, claimedRules } from './claims.js';
import type { CertificateRequest } from './dto/certificates.dto.js';
import { lookUp, notConfirmed } from './history.js';
import { WrongKeys } from './wrong-keys.js';

/** Longer after its beginning, a certification is not signed any more. */
const MAX_AGE_MS = 2 * 3_600_000;
/** By which the clocks of runner and service may differ. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;
/** Each of which looks up hundreds of orders. */
const MAX_AT_ONCE = 4;

/** Signs what reports claim, as far as the service's own history has it. */
@Injectable()
export class Certificates {
  private signing: { url: string; key: string } | undefined;
  private readonly wrongKeys = new WrongKeys();
  private underWay = 0;

  /** From now on certificates can be had. */
  open(url: string, key: string | undefined): void {
    this.signing = key === undefined ? undefined : { url, key };
  }

  async issue(request: CertificateRequest, apiKey: string, caller: string): Promise<Certificate> {
    const { signing } = this;
    if (!signing) {
      const details = 'the sandbox still starts, or has no SANDBOX_CERTIFICATE_KEY to sign with';
      throw new Refusal(ERRORS.UNAVAILABLE, details);
    }
    if (this.underWay >= MAX_AT_ONCE) {
      throw new Refusal(
        ERRORS.TOO_MANY_REQUESTS,
        `${MAX_AT_ONCE} reports are being looked into; try again when one is done`,
      );
    }
    this.underWay += 1;
    try {
      return await this.wrongKeys.countFor(caller, () => this.look(request, apiKey, signing));
    } finally {
      this.underWay -= 1;
    }
  }

  private async look(
    request: CertificateRequest,
    apiKey: string,
    { url, key }: { url: string; key: string },
  ): Promise<Certificate> {
    const rules = claimedRules(request);
    const orders = claimedOrders(request);
    const now = Date.now();
    const since = Date.parse(request.started_at);
    if (!(since >= now - MAX_AGE_MS && since <= now + CLOCK_TOLERANCE_MS)) {
      throw invalid(`started_at must be within the last ${MAX_AGE_MS / 3_600_000} hours`);
    }
    const address = request.taker_address.toLowerCase();
    const taker = createTaker({ url, apiKey, address });
    const found = await lookUp(taker, orders, since - CLOCK_TOLERANCE_MS);
    if (found.every(({ holder }) => holder !== address))
      throw notConfirmed(`none of the orders was held by ${address}`);
    return signed(
      {
        version: 1,
        taker: address,
        report_sha256: request.report_sha256,
        verdict: verdictOf(rules),
        rules,
        confirmed_orders: found.filter(({ isConfirmed }) => isConfirmed).length,
        signed_at: new Date(now).toISOString(),
      },
      key,
    );
  }
}
