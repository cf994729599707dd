const TIME =
  /^(\d{4})-?(\d\d)-?(\d\d)[Tt ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)? ?([Zz]|[+-]\d\d(?::?\d\d)?)?$/;

/** A moment in any spelling of ISO 8601 that has an offset; `no offset` where that alone is missing. */
export function parseTime(text: string): Date | 'no offset' | undefined {
  const [, year, month, day, hour, minute, second = '00', fraction = '', offset] = TIME.exec(text) ?? [];
  if (!year) return undefined;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const time = Date.parse(`${local}.${fraction.slice(0, 3).padEnd(3, '0')}Z`);
  // a day that the month does not have would be taken for one of the next
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, local.length) !== local) return undefined;
  if (!offset) return 'no offset';
  const ahead = minutesOf(offset);
  return ahead === undefined ? undefined : new Date(time - ahead * 60_000);
}

/** Minutes ahead of UTC. */
function minutesOf(offset: string): number | undefined {
  if (/^[Zz]$/.test(offset)) return 0;
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(3).replace(':', ''))];
  if (hours > 23 || minutes > 59) return undefined;
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}
