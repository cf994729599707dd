/** Anything longer without a gap is a hash, signature, token, key or UUID: nobody reads those to the end. */
const LONG_TOKEN = /[\w-]{32,}(?:\.[\w-]+)*/g;

/** Cuts long tokens down to what tells them apart; of secrets, far too little to be of use to anybody. */
export function shorten(text: string): string {
  return text.replace(LONG_TOKEN, (token) =>
    token.startsWith('0x') ? `${token.slice(0, 6)}…${token.slice(-4)}` : `${token.slice(0, 8)}…`,
  );
}

/**
 * JSON for reading, as the pieces between which a line may break. Long tokens are cut, and texts of several lines.
 * With `shown` only these fields appear, where `metadata.request_id` names one inside another.
 */
export function shortJson(value: unknown, shown?: string[]): string[] {
  if (typeof value === 'string') return [JSON.stringify(shorten(value.replace(/\n[^]*/, '\n…')))];
  if (typeof value !== 'object' || value === null) return [JSON.stringify(value)];
  if (Array.isArray(value))
    return enclosed(
      '[',
      value.map((item) => shortJson(item)),
      ']',
    );
  const fields = Object.entries(value)
    .filter(([name]) => shown === undefined || shown.some((path) => headOf(path) === name))
    .map(([name, field]) => {
      const [first, ...rest] = shortJson(field, pathsInside(name, shown));
      return [`"${name}": ${first}`, ...rest];
    });
  return enclosed('{ ', fields, ' }');
}

/** Lines of at most `width` columns, filled with words or other pieces that must not be broken. */
export function filled(pieces: string[], width: number): string[] {
  const lines: string[] = [];
  let line: string | undefined;
  for (const piece of pieces) {
    const longer: string = line === undefined ? piece : `${line} ${piece}`;
    if (line !== undefined && longer.length > width) {
      lines.push(line);
      line = piece;
    } else {
      line = longer;
    }
  }
  return line === undefined ? lines : [...lines, line];
}

/** Groups of pieces, with a comma after each group but the last. */
function enclosed(opening: string, groups: string[][], closing: string): string[] {
  const pieces = groups.flatMap((group, index) =>
    index < groups.length - 1 ? [...group.slice(0, -1), `${group.at(-1)},`] : group,
  );
  if (pieces.length === 0) return [`${opening}${closing}`];
  pieces[0] = opening + pieces[0];
  pieces[pieces.length - 1] += closing;
  return pieces;
}

function headOf(path: string): string {
  return path.split('.', 1)[0]!;
}

/** What is to be shown inside a field: everything, unless paths lead further in. */
function pathsInside(name: string, shown?: string[]): string[] | undefined {
  const inside = shown?.filter((path) => path.startsWith(`${name}.`));
  return inside?.length ? inside.map((path) => path.slice(name.length + 1)) : undefined;
}
