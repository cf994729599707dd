import { z } from 'zod';

const SPELLINGS =
  /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:[Zz]|([+-]\d\d)(?::?(\d\d))?)$/;
const canonical = z.iso.datetime({ offset: true });

/** Reads ISO 8601 with an offset in any unambiguous spelling: `z`, `+0000`, `+00`, no seconds; to the millisecond. */
export function parseTime(text: string): Date | undefined {
  const parts = SPELLINGS.exec(text);
  if (!parts) return undefined;
  const [, date, minute, second = '00', fraction = '', hours = '+00', minutes = '00'] = parts;
  const spelled = `${date}T${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}${hours}:${minutes}`;
  return canonical.safeParse(spelled).success ? new Date(spelled) : undefined;
}
