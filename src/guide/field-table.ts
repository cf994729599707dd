/** What a JSON schema says of a field, as far as a table shows it. */
export interface Field {
  $ref?: string;
  type?: string | string[];
  title?: string;
  description?: string;
  const?: string;
  enum?: readonly unknown[];
  oneOf?: Field[];
  anyOf?: Field[];
  allOf?: Field[];
  format?: string;
  minimum?: number;
  maximum?: number;
  default?: unknown;
  properties?: Record<string, Field>;
  required?: string[];
  items?: Field;
}

/** The schemas that fields refer to, by name. */
export type Named = Record<string, Field>;

/** Bounds beyond it are those of the type, and of no use to a reader. */
const LARGEST_BOUND = 2 ** 31 - 2;

/** A row a field, those inside objects by their path. */
export function fieldRows(schema: Field, named: Named = {}, path = ''): string[][] {
  const { properties = {}, required = [] } = resolved(schema, named);
  return Object.entries(properties).flatMap(([name, given]) => {
    const field = resolved(given, named);
    const full = `${path}${name}`;
    const kind = kindOf(field, named) + (required.includes(name) ? '' : ', may be left out');
    const own = [`\`${full}\``, kind, field.description ?? ''];
    if (field.properties) return fieldRows(field, named, `${full}.`);
    const inner = innerObject(field, named);
    return inner ? [own, ...fieldRows(inner, named, `${full}${field.items ? '[]' : ''}.`)] : [own];
  });
}

export function kindOf(given: Field, named: Named = {}): string {
  const field = resolved(given, named);
  const choices = choicesOf(field);
  if (field.const !== undefined) return `\`${field.const}\``;
  if (choices) return choices.map((choice) => kindOf(choice, named)).join(' or ');
  if (field.enum) return field.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (field.items) return `list of ${kindOf(field.items, named)}`;
  const { title, properties, type, format } = field;
  if (properties) return title ?? 'object';
  return [type ?? []].flat().join(' or ') + (format ? ` (${format})` : '') + boundsOf(field);
}

function boundsOf({ minimum, maximum, default: fallback }: Field): string {
  const bounds =
    minimum !== undefined && (maximum ?? Infinity) <= LARGEST_BOUND ? `, ${minimum} to ${maximum}` : '';
  return bounds + (fallback === undefined ? '' : `, ${String(fallback)} when left out`);
}

const choicesOf = ({ oneOf, anyOf }: Field): Field[] | undefined => oneOf ?? anyOf;

/** What a reference stands for; what is said beside the reference comes first. */
function resolved(field: Field, named: Named): Field {
  const target = field.$ref ? named[field.$ref.split('/').at(-1)!] : field.allOf?.[0];
  return target ? { ...resolved(target, named), ...field, $ref: undefined, allOf: undefined } : field;
}

/** The object that a list is of, or the only one among choices. */
function innerObject(field: Field, named: Named): Field | undefined {
  const [first, ...others] = (choicesOf(field.items ?? field) ?? [field.items ?? field])
    .map((choice) => resolved(choice, named))
    .filter(({ properties }) => properties);
  return others.length === 0 ? first : undefined;
}

const row = (cells: string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;

export const table = (head: string[], rows: string[][]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

export const fieldTable = (rows: string[][]): string => table(['field', 'is', 'about'], rows);
