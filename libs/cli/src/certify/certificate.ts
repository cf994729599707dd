import { createHash } from 'node:crypto';
import { type Certificate, MAX_ORDERS } from '#certificates';
import { type Data, LockstepError, persist } from '#client';
import type { TakerAccess } from '../connection.js';
import { Refused } from '../refusals.js';
import { callService } from '../service-call.js';
import type { CertificationReport, TranscriptEntry } from './report.js';
import { jsonReport } from './reports/index.js';

/** For how long a sandbox is asked that is busy, or does not answer. */
const PATIENCE_MS = 30_000;
/** It looks up hundreds of orders, no faster than the key may call. */
const LOOKUP_MS = 120_000;
const NOT_FOUND = 404;

/** Refuses, before a run that would be for nothing, a key that the service refuses and a service that signs nothing. */
export async function requireSigner({ url, apiKey }: Pick<TakerAccess, 'url' | 'apiKey'>): Promise<void> {
  const { certificate_public_key } = await callService<Data<'getConfig'>>(`${url}/api/v1/config`);
  if (certificate_public_key === null)
    throw new Refused('the service signs no certificates: start it with SANDBOX=on');
  await callService(`${url}/api/v1/takers/orders?page_size=1`, { headers: { 'x-api-key': apiKey } });
}

/**
 * Has a report signed by the sandbox of its service, right after the run; the certificate has the SHA-256 of `jsonReport`'s text.
 * Throws a sentence when the sandbox does not confirm it.
 */
export async function requestCertificate(
  report: CertificationReport,
  { url, apiKey }: Pick<TakerAccess, 'url' | 'apiKey'>,
  signal = new AbortController().signal,
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
  const request = {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': apiKey },
    body: JSON.stringify(claims),
    signal,
  };
  try {
    return await persist(() => callService<Certificate>(`${url}/sandbox/certificates`, request, LOOKUP_MS), {
      patienceMs: PATIENCE_MS,
      signal,
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
