import { MAX_ORDERS, MAX_RULES, RULE_NAME, RULE_VERDICTS, type Statement } from '#certificates';
import { invalid } from '../envelope.js';
import type { CertificateRequest } from './dto/certificates.dto.js';

export type Said = 'yes' | 'no' | 'fill';

export interface ClaimedOrder {
  hash: string;
  said: Set<Said>;
}

const ORDER = /^(0x[0-9a-f]{64}):((?:yes|no|fill)(?:\+(?:yes|no|fill))*)$/;

/** The rules in the order in which they came. */
export function claimedRules({ rules }: CertificateRequest): Statement['rules'] {
  const given = Object.entries(rules);
  if (given.length === 0 || given.length > MAX_RULES) throw invalid(`rules must be 1 to ${MAX_RULES}`);
  return given.map(([name, text]) => {
    const verdict = RULE_VERDICTS.find((known) => known === text);
    if (RULE_NAME.test(name) && verdict) return { name, verdict };
    throw invalid(
      `rules must be ${RULE_VERDICTS.join(', ')} by names of lower-case letters, digits and hyphens`,
    );
  });
}

export function claimedOrders({ orders }: CertificateRequest): ClaimedOrder[] {
  const given = orders.split(',');
  if (given.length > MAX_ORDERS) throw invalid(`orders must be at most ${MAX_ORDERS}`);
  const found = given.map((text) => {
    const [, hash, said] = ORDER.exec(text) ?? [];
    if (hash && said) return { hash, said: new Set(said.split('+') as Said[]) };
    throw invalid(
      'orders must be hashes, each with a colon and what was said of it: yes, no, fill or several with +',
    );
  });
  if (new Set(found.map(({ hash }) => hash)).size < found.length)
    throw invalid('orders must name each order once');
  return found;
}

export function verdictOf(rules: Statement['rules']): Statement['verdict'] {
  if (rules.some(({ verdict }) => verdict === 'fail')) return 'fail';
  return rules.every(({ verdict }) => verdict === 'pass') ? 'pass' : 'incomplete';
}
