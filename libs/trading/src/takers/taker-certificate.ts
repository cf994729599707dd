import {
  type Certificate,
  CertificateError,
  issuerOf,
  missedIn,
  readCertificate,
  strangeIn,
  verdictOf,
} from '#certificates';
import type { Settings } from '#config';
import { databaseNow } from '#database';
import type { EntityManager } from 'typeorm';
import { TradingError } from '../trading-error.js';
import { type Taker, TakerAddress } from './taker.entity.js';

const DAY_MS = 24 * 3_600_000;
/** An older one is of another bot. */
const MAX_AGE_DAYS = 30;
/** By which the clocks of who signed and of this database may differ. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;
/** Fewer are of no whole run. */
const MIN_CONFIRMED_ORDERS = 25;

/** Requires a good certificate where a taker must have one; returns what the history keeps of the one that is shown. */
export async function acceptedCertificate(
  manager: EntityManager,
  taker: Taker,
  text: string | undefined,
  settings: Settings,
): Promise<Pick<Certificate, 'issuer' | 'signed_at' | 'report_sha256'> | undefined> {
  if (text === undefined) {
    if (taker.require_certificate) throw refused('must be given: the taker gets keys only with one');
    return undefined;
  }
  const certificate = read(text, issuersOf(settings));
  const addresses = await manager.findBy(TakerAddress, { taker_id: taker.id });
  if (addresses.every(({ address }) => address !== certificate.taker)) {
    throw refused(`is of ${certificate.taker}, which is no address of this taker`);
  }
  requireGood(certificate, await databaseNow(manager));
  const { issuer, signed_at, report_sha256 } = certificate;
  return { issuer, signed_at, report_sha256 };
}

function issuersOf({ CERTIFICATE_ISSUERS, SANDBOX_CERTIFICATE_KEY: own }: Settings): string[] {
  return own === undefined ? CERTIFICATE_ISSUERS : [...CERTIFICATE_ISSUERS, issuerOf(own)];
}

function read(text: string, issuers: string[]): Certificate {
  try {
    return readCertificate(text, issuers);
  } catch (error) {
    throw error instanceof CertificateError ? refused(error.message) : error;
  }
}

function requireGood({ rules, confirmed_orders, signed_at }: Certificate, now: Date): void {
  const age = now.getTime() - Date.parse(signed_at);
  if (age < -CLOCK_TOLERANCE_MS) throw refused(`was signed at ${signed_at}, which is in the future`);
  if (age > MAX_AGE_DAYS * DAY_MS) {
    throw refused(`was signed at ${signed_at}, which is more than ${MAX_AGE_DAYS} days ago`);
  }
  const strange = strangeIn(rules);
  if (strange) throw refused(`has not the rules of this version: they ${strange}`);
  const failed = rules.find(({ verdict }) => verdict === 'fail');
  if (failed) throw refused(`has the verdict fail: the bot breaks ${failed.name}`);
  if (verdictOf(rules) !== 'pass') {
    throw refused(`is incomplete: the bot has not shown ${missedIn(rules).join(', ')}`);
  }
  if (confirmed_orders < MIN_CONFIRMED_ORDERS) {
    throw refused(`confirms ${confirmed_orders} orders: a whole run has ${MIN_CONFIRMED_ORDERS} and more`);
  }
}

const refused = (why: string): TradingError =>
  new TradingError('INVALID_PARAMETER', `certificate: it ${why}`);
