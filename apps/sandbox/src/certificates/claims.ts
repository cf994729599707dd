import { MAX_ORDERS, RULE_VERDICTS, type Statement, strangeIn } from '#certificates';
import { invalid } from '../envelope.js';
import type { CertificateRequest } from './dto/certificates.dto.js';

export type Said = 'yes' | 'no' | 'fill';

export interface ClaimedOrder {
  hash: string;
  said: Set<Said>;
}

const ORDER = /^(0x[0-9a-f]{64}):((?:yes|no|fill)(?:\+(?:yes|no|fill))*)$/;

/** The rules of a whole run, in the order in which they came. */
export function claimedRules({ rules }: CertificateRequest): Statement['rules'] {
  const strange = strangeIn(Object.keys(rules).map((name) => ({ name })));
  if (strange) throw invalid(`rules must be those of a whole run of this version: they ${strange}`);
  return Object.entries(rules).map(([name, text]) => {
    const verdict = RULE_VERDICTS.find((known) => known === text);
    if (verdict) return { name, verdict };
    throw invalid(`rules must be ${RULE_VERDICTS.join(', ')} each: ${name} is not`);
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
