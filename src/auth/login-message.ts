import { siteOf } from '#config';
import { parseTime } from '../http/json/parse-time.js';

/** What a maker's login message says; see makers/connect. */
export interface LoginMessage {
  walletAddress: string;
  chainId: string;
  timestamp: Date;
  nonce: string;
  /** From when and until when it may be used, beside the tolerance of the timestamp. */
  notBefore: Date | undefined;
  expiresAt: Date | undefined;
  domains: LoginDomains;
}

/** The sites that a message is meant for: the one that an EIP-4361 message names, or all that another text mentions. */
export interface LoginDomains {
  named: string | undefined;
  mentioned: string[];
}

/** A message that is no login: the reason names the line and the rule. */
export class WrongLoginMessage extends Error {}

const EIP_4361 = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(\S+) wants you to sign in with your Ethereum account:$/i;
const NONCE = /^[\x21-\x7e]{1,128}$/;
const OWN_LABELS = ['Wallet address', 'ChainId', 'Timestamp', 'Nonce'] as const;
/** What follows the scheme of a URL; its host comes first, perhaps after a user. */
const URLS = /:\/\/(?:[^\s/?#@]*@)?([^\s/?#]*)\S*/g;
const WORDS = /[\p{L}\p{N}.-]+(?::\d+)?/gu;
/** A word that is spelled as domains are. */
const DOMAIN = /^(?:[^.:]+\.)+\p{L}{2,}(?::\d+)?$/u;
const PUNCTUATION = '.,;:!?)\'">';

/** Reads an EIP-4361 message, or else the four lines in any order; other lines are ignored. */
export function parseLoginMessage(message: string): LoginMessage {
  const lines = message.split(/\r?\n/);
  const [, domain] = EIP_4361.exec(lines[0]!) ?? [];
  return domain === undefined ? parseOwnForm(lines) : parseEip4361(siteOf(domain), lines);
}

function parseOwnForm(lines: string[]): LoginMessage {
  const { 'Wallet address': walletAddress, ChainId: chainId, Timestamp, Nonce } = required(lines, OWN_LABELS);
  const further = lines.filter((line) => !OWN_LABELS.some((label) => line.startsWith(`${label}:`)));
  return {
    walletAddress,
    chainId,
    timestamp: timeOf('Timestamp', Timestamp),
    nonce: nonceOf(Nonce),
    notBefore: undefined,
    expiresAt: undefined,
    domains: { named: undefined, mentioned: sitesIn(further.join('\n')) },
  };
}

function parseEip4361(named: string, lines: string[]): LoginMessage {
  const [, walletAddress = '', ...rest] = lines;
  if (!walletAddress)
    throw new WrongLoginMessage('the second line of an EIP-4361 message must be the address');
  const {
    'Chain ID': chainId,
    Nonce,
    'Issued At': issuedAt,
  } = required(rest, ['URI', 'Chain ID', 'Nonce', 'Issued At']);
  const optionalTime = (label: string): Date | undefined => {
    const values = valuesOf(rest, label);
    if (values.length > 1) throw new WrongLoginMessage(`the line "${label}: …" is there more than once`);
    return values[0] === undefined ? undefined : timeOf(label, values[0]);
  };
  return {
    walletAddress: walletAddress.trim(),
    chainId,
    timestamp: timeOf('Issued At', issuedAt),
    nonce: nonceOf(Nonce),
    notBefore: optionalTime('Not Before'),
    expiresAt: optionalTime('Expiration Time'),
    domains: { named, mentioned: [] },
  };
}

/** The hosts of URLs, and other words that are spelled as domains are. */
function sitesIn(text: string): string[] {
  const sites: string[] = [];
  const withoutUrls = text.replace(URLS, (_, host: string) => {
    sites.push(host);
    return ' ';
  });
  for (const [word] of withoutUrls.matchAll(WORDS)) {
    const site = withoutPunctuation(word);
    if (DOMAIN.test(site)) sites.push(site);
  }
  return sites.map((site) => siteOf(withoutPunctuation(site)));
}

/** Not by a regular expression, which would try each of many such signs as the first. */
function withoutPunctuation(word: string): string {
  let end = word.length;
  while (PUNCTUATION.includes(word[end - 1] ?? ' ')) end -= 1;
  return word.slice(0, end);
}

/** The values of lines of which the message has one each. */
function required<Label extends string>(lines: string[], labels: readonly Label[]): Record<Label, string> {
  const values = labels.map((label) => valuesOf(lines, label));
  const quoted = labels.map((label) => `"${label}: …"`);
  const missing = quoted.filter((_, index) => !values[index]![0]);
  if (missing.length > 0) {
    throw new WrongLoginMessage(
      `message must have one line each of ${quoted.join(', ')}, or be an EIP-4361 message: ` +
        `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing or empty`,
    );
  }
  const repeated = quoted.find((_, index) => values[index]!.length > 1);
  if (repeated) throw new WrongLoginMessage(`the line ${repeated} is there more than once`);
  return Object.fromEntries(labels.map((label, index) => [label, values[index]![0]!])) as Record<
    Label,
    string
  >;
}

function valuesOf(lines: string[], label: string): string[] {
  return lines
    .filter((line) => line.startsWith(`${label}:`))
    .map((line) => line.slice(label.length + 1).trim());
}

function timeOf(label: string, text: string): Date {
  const time = parseTime(text);
  if (time instanceof Date) return time;
  throw new WrongLoginMessage(
    time === 'no offset'
      ? `the line "${label}: …" has a time without an offset: write Z behind it if it is UTC, or +08:00`
      : `the line "${label}: …" must be a time in ISO 8601 with an offset, such as 2026-01-17T03:00:24Z`,
  );
}

function nonceOf(text: string): string {
  if (NONCE.test(text)) return text;
  throw new WrongLoginMessage(
    'the line "Nonce: …" must have 1 to 128 printable ASCII characters and no blanks',
  );
}
