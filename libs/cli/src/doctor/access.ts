import { LockstepError, RequestSigner } from '#client';
import { sentenceOf } from '../refusals.js';
import { callService } from '../service-call.js';
import type { Finding, Patient } from './finding.js';
import { localAddressTo } from './network.js';

const MISSING_HEADER = 10010012;
const SIGNATURE_WRONG = 10010008;
const IP_NOT_ALLOWED = 403003;
const ORDER_NOT_FOUND = 404001;
const NO_ORDER = `0x${'0'.repeat(64)}`;

const PATH = '/api/v1/takers/orders';

/** What is signed by way of trial, each a way in which a proxy could change it; none changes anything. */
const TRIALS = [
  { target: PATH, body: '', of: 'the path' },
  { target: `${PATH}?status=locked&ticker=BRK%2FB&page_size=1`, body: '', of: 'the raw query of a GET' },
  { target: '/api/v1/orders/unlock', body: `{"order_hash": "${NO_ORDER}"}`, of: 'the raw body of a POST' },
];

/** Finds out whether the key is taken, from where, and whether what is signed arrives as it was signed. */
export async function checkAccess(patient: Patient): Promise<Finding[]> {
  const { url, apiKey, apiSecret } = patient;
  if (!apiKey) {
    const found = 'no key was given';
    return [
      {
        check: 'key',
        result: 'not checked',
        found,
        remedy: 'set LOCKSTEP_API_KEY to check it, signatures and sockets',
      },
    ];
  }
  const refusal = await refusalOf(
    callService(`${url}${PATH}?page_size=1`, { headers: { 'x-api-key': apiKey } }),
  );
  const isSigned = refusal instanceof LockstepError && refusal.code === MISSING_HEADER;
  if (refusal && !isSigned) {
    const isAddress = refusal instanceof LockstepError && refusal.code === IP_NOT_ALLOWED;
    return [{ check: isAddress ? 'address' : 'key', result: 'failed', found: sentenceOf(refusal) }];
  }
  const demand = `it is taken, and ${isSigned ? 'demands that every call is signed' : 'calls may be signed or not'}`;
  const findings: Finding[] = [{ check: 'key', result: 'ok', found: demand }, await addressFinding(url)];
  if (apiSecret) return [...findings, await signatureFinding({ ...patient, apiKey, apiSecret })];
  const remedy = 'set LOCKSTEP_SIGNING_SECRET';
  const result = isSigned ? 'failed' : 'not checked';
  return [...findings, { check: 'signature', result, found: 'no signing secret was given', remedy }];
}

async function addressFinding(url: string): Promise<Finding> {
  const found = `the key may be used from here; this machine calls from ${await localAddressTo(url)}, before proxies and NAT`;
  const remedy = 'the service tells an address only when it refuses one: ask the operator, whose log has it';
  return { check: 'address', result: 'ok', found, remedy };
}

async function signatureFinding(patient: Patient & { apiKey: string; apiSecret: string }): Promise<Finding> {
  const check = 'signature';
  const signer = new RequestSigner(patient.apiSecret, () => Date.now() + patient.skewMs);
  for (const trial of TRIALS) {
    const method = trial.body ? 'POST' : 'GET';
    const target = new URL(`${patient.url}${trial.target}`);
    const signed = signer.headersFor(method, target, trial.body);
    const headers = { 'x-api-key': patient.apiKey, 'content-type': 'application/json', ...signed };
    const call = callService(target.href, { method, headers, ...(trial.body && { body: trial.body }) });
    const refusal = await refusalOf(call);
    // that there is no such order is said to those who have signed
    if (!refusal || (refusal instanceof LockstepError && refusal.code === ORDER_NOT_FOUND)) continue;
    if (!(refusal instanceof LockstepError) || refusal.code !== SIGNATURE_WRONG) {
      return { check, result: 'failed', found: sentenceOf(refusal) };
    }
    const text = `${method}|${target.pathname}|${signed['x-api-timestamp']}|`;
    return { check, result: 'failed', ...wrongSignature(text, trial, refusal) };
  }
  const found = `METHOD|path|timestamp|Q arrives as it is signed: path ${new URL(patient.url + PATH).pathname}, a raw query, a raw body`;
  return { check, result: 'ok', found };
}

function wrongSignature(
  signed: string,
  { of }: { of: string },
  { details }: LockstepError,
): { found: string; remedy: string } {
  const [, seen = ''] = /METHOD\|path\|timestamp is (\S+)$/.exec(details) ?? [];
  const found = `signed was ${signed}…, the service saw ${seen}|…`;
  if (seen && `${seen}|` !== signed)
    return { found, remedy: 'a proxy rewrites the path: sign the path that the service saw' };
  if (of !== 'the path') {
    return { found, remedy: `${of} is changed on the way: have the proxy pass it on byte for byte` };
  }
  return {
    found,
    remedy:
      'this is not the secret of this key: check LOCKSTEP_SIGNING_SECRET (its 64 characters, not their bytes)',
  };
}

async function refusalOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
    return undefined;
  } catch (error) {
    return error;
  }
}
