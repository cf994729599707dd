import { createHash } from 'node:crypto';
import { LockstepError } from '#client';
import type { TakerAccess } from '../connection.js';
import { Refused } from '../refusals.js';
import { callService } from '../service-call.js';
import type { CertificationReport, TranscriptEntry } from './report.js';
import { jsonReport } from './reports/index.js';

/** What an installation confirms of a certification; docs/certificates.md has its form. */
export interface Certificate {
  version: 1;
  taker: string;
  report_sha256: string;
  verdict: CertificationReport['verdict'];
  rules: { name: string; verdict: string }[];
  confirmed_orders: number;
  signed_at: string;
  issuer: string;
  signature: string;
}

/** As many as the sandbox looks up; those of the first rules. */
const MAX_ORDERS = 600;
const NOT_FOUND = 404;

/**
 * Has a report signed by the sandbox of its service, right after the run; the certificate has the SHA-256 of `jsonReport`'s text.
 * Throws a sentence when the sandbox does not confirm it.
 */
export async function requestCertificate(
  report: CertificationReport,
  { url, apiKey }: Pick<TakerAccess, 'url' | 'apiKey'>,
): Promise<Certificate> {
  const orders = saidOfOrders(report);
  if (orders.size === 0)
    throw new Refused('nothing can be confirmed: the report has no order that the bot answered for');
  const report_sha256 = createHash('sha256').update(jsonReport(report)).digest('hex');
  const claims = {
    taker_address: report.taker,
    report_sha256,
    started_at: report.startedAt,
    rules: Object.fromEntries(report.rules.map(({ name, verdict }) => [name, verdict])),
    orders: [...orders]
      .slice(0, MAX_ORDERS)
      .map(([hash, said]) => `${hash}:${[...said].join('+')}`)
      .join(','),
  };
  try {
    return await callService<Certificate>(`${url}/sandbox/certificates`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': apiKey },
      body: JSON.stringify(claims),
    });
  } catch (error) {
    if (!(error instanceof LockstepError) || error.status !== NOT_FOUND) throw error;
    throw new Refused('there is no sandbox there that signs: start the service with SANDBOX=on');
  }
}

/** By order, what the bot said of it in calls that reached the service. */
function saidOfOrders({ rules }: CertificationReport): Map<string, Set<string>> {
  const orders = new Map<string, Set<string>>();
  for (const { transcript } of rules) {
    for (const entry of transcript) {
      const said = saidIn(entry);
      if (entry.order === null || said === undefined) continue;
      const others = orders.get(entry.order);
      if (others) others.add(said);
      else orders.set(entry.order, new Set([said]));
    }
  }
  return orders;
}

function saidIn({ from, to, label, body }: TranscriptEntry): string | undefined {
  if (from !== 'bot' || to !== 'service') return undefined;
  if (label.includes('/orders/fill')) return 'fill';
  if (!label.includes('/orders/cancel-result')) return undefined;
  const [, verdict] = /"cancellation_success"\s*:\s*(true|false)/.exec(body ?? '') ?? [];
  return verdict && (verdict === 'true' ? 'yes' : 'no');
}
