import { HttpStatus, Injectable } from '@nestjs/common';
import { signed, type Certificate } from '#certificates';
import { createTaker, type Data, LockstepError, type Taker } from '#client';
import { invalid, Refusal } from '../envelope.js';
import { claimedOrders, claimedRules, type ClaimedOrder, verdictOf } from './claims.js';
import type { CertificateRequest } from './dto/certificates.dto.js';

/** Longer after its beginning, a certification is not signed any more. */
const MAX_AGE_MS = 2 * 3_600_000;
/** By which the clocks of runner and service may differ. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;
/** Orders that are looked up at the same time, with the taker's own allowance of calls. */
const LOOKUPS_AT_ONCE = 8;
/** Each of which looks up hundreds of orders. */
const MAX_AT_ONCE = 4;

/** Signs what reports claim, as far as the service's own history has it. */
@Injectable()
export class Certificates {
  private signing: { url: string; key: string } | undefined;
  private underWay = 0;

  /** From now on certificates can be had. */
  open(url: string, key: string | undefined): void {
    this.signing = key === undefined ? undefined : { url, key };
  }

  async issue(request: CertificateRequest, apiKey: string): Promise<Certificate> {
    const { signing } = this;
    if (!signing) {
      const details = 'the sandbox still starts, or has no SANDBOX_CERTIFICATE_KEY to sign with';
      throw new Refusal(HttpStatus.SERVICE_UNAVAILABLE, 'Service unavailable', details);
    }
    if (this.underWay >= MAX_AT_ONCE) {
      throw new Refusal(
        HttpStatus.TOO_MANY_REQUESTS,
        'Too many requests',
        `${MAX_AT_ONCE} reports are being looked into; try again when one is done`,
      );
    }
    this.underWay += 1;
    try {
      return await this.look(request, apiKey, signing);
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
    const rest = [...orders];
    const holders = new Set<string>();
    const lookUp = async (): Promise<void> => {
      for (let claimed = rest.pop(); claimed; claimed = rest.pop()) {
        holders.add(confirm(claimed, await orderOf(taker, claimed.hash), since - CLOCK_TOLERANCE_MS));
      }
    };
    await Promise.all(Array.from({ length: LOOKUPS_AT_ONCE }, lookUp));
    if (!holders.has(address)) throw notConfirmed(`none of the orders was held by ${address}`);
    return signed(
      {
        version: 1,
        taker: address,
        report_sha256: request.report_sha256,
        verdict: verdictOf(rules),
        rules,
        confirmed_orders: orders.length,
        signed_at: new Date(now).toISOString(),
      },
      key,
    );
  }
}

type Order = Data<'getTakerOrder'>;

async function orderOf(taker: Taker, hash: string): Promise<Order | undefined> {
  try {
    return await taker.order(hash);
  } catch (error) {
    if (!(error instanceof LockstepError)) {
      const details = 'the service does not answer the sandbox';
      throw new Refusal(HttpStatus.SERVICE_UNAVAILABLE, 'Service unavailable', details);
    }
    if (error.status === HttpStatus.NOT_FOUND) return undefined;
    // as the service refuses the key, or the many calls with it
    throw new Refusal(error.status, error.message, error.details);
  }
}

/** The history has the order as this taker's, and nothing that the report has otherwise; returns who held it. */
function confirm({ hash, said }: ClaimedOrder, order: Order | undefined, since: number): string {
  const contradiction = (what: string): Refusal => notConfirmed(`order ${hash} ${what}`);
  if (!order?.locked_by) throw contradiction('was not held by this taker, or not as the last one');
  if (Date.parse(order.created_at) < since) throw contradiction('is older than the certification');
  const { cancellation, filled_quantity, locked_by } = order;
  const answered = cancellation?.resolved_by === 'answer' ? cancellation.status : undefined;
  if (answered === 'accepted' && !said.has('yes'))
    throw contradiction('was given up by a yes that is not reported');
  if (answered === 'rejected' && !said.has('no'))
    throw contradiction('was kept by a no that is not reported');
  if (filled_quantity !== '0' && said.has('yes'))
    throw contradiction('was filled, and the bot said that it may be cancelled');
  return locked_by;
}

const notConfirmed = (details: string): Refusal =>
  new Refusal(HttpStatus.UNPROCESSABLE_ENTITY, 'Not confirmed', details);
