import { LockstepError } from '#client';

/** The command line itself is wrong. */
export class UsageError extends Error {}

/** It cannot be done, for a reason that the message tells. */
export class Refused extends Error {}

/** It was not done, and the command has told why. */
export class AlreadyTold extends Error {}

/** What to do about a refusal, by its code; where the service's own details say it, there is none. */
const REMEDIES: Record<number, string> = {
  10010008: 'check LOCKSTEP_SIGNING_SECRET; "lockstep doctor" shows which text is signed',
  10010009: 'check LOCKSTEP_API_KEY',
  10010011: 'set this machine’s clock; "lockstep doctor" shows how far it is off',
  10010012: 'set LOCKSTEP_API_KEY, and LOCKSTEP_SIGNING_SECRET where the key demands signed requests',
  403001: 'give the --address that holds the lock',
  403003: 'ask the operator to allow this address for the key (--allow-ip)',
  403004:
    'ask the operator to resume the account; answers to what is held go on with "lockstep answer --address"',
  404001: 'check the hash; a taker sees orders that are pending or that it has locked',
  429001: 'wait, and try again',
  503001: 'wait, and try again',
};

/** What is behind a connection that did not come about, by Node's codes. */
const CAUSES: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name cannot be looked up now',
  ECONNRESET: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  ETIMEDOUT: 'nothing answers there',
  UND_ERR_CONNECT_TIMEOUT: 'nothing answers there',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  EPROTO: 'it does not speak TLS; try http://',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS; try http://',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS; try http://',
};

/** One sentence on what went wrong, and what to do. */
export function sentenceOf(error: unknown): string {
  if (error instanceof LockstepError) return refusalSentence(error);
  if (!(error instanceof Error)) return String(error);
  if (error instanceof SyntaxError)
    return 'it is not Lockstep that answers there: check LOCKSTEP_URL or --url';
  if (error.name === 'TimeoutError')
    return 'the service did not answer in time; nobody knows whether it was done';
  const cause = causeOf(error);
  if (!cause) return error.message;
  return `cannot reach the service: ${cause}; check LOCKSTEP_URL or --url`;
}

function refusalSentence({ status, code, message, details }: LockstepError): string {
  if (code === 0) {
    return `HTTP ${status} from something that is not Lockstep: check LOCKSTEP_URL or --url, and proxies on the way`;
  }
  const remedy = REMEDIES[code];
  return `${message} (${code}): ${details}${remedy ? `; ${remedy}` : ''}`;
}

/** Why a connection did not come about; undefined when that is not what an error is about. */
export function causeOf(error: Error): string | undefined {
  const { code } = error as NodeJS.ErrnoException;
  if (error.cause instanceof AggregateError) return causeOf(error.cause);
  if (error.cause instanceof Error) return causeOf(error.cause) ?? error.cause.message;
  if (error.message === 'unexpected redirect')
    return 'it leads on to another address, which is to be given itself';
  if (code === undefined) return undefined;
  if (CAUSES[code]) return CAUSES[code];
  if (/CERT|SIGNATURE|ISSUER/.test(code)) return `its certificate is not trusted (${error.message})`;
  return /^(E[A-Z]+|UND_ERR_\w+|ERR_SSL_\w+)$/.test(code) ? error.message : undefined;
}
