import { CLOSE_CODES } from '../push/close-codes.js';
import { MESSAGE_EXAMPLES } from '../push/message-examples.js';
import { MESSAGE_SCHEMAS, MESSAGE_SUMMARIES, type MessageName } from '../push/message-schemas.js';

interface Field {
  type?: string | string[];
  title?: string;
  description?: string;
  const?: string;
  enum?: readonly string[];
  oneOf?: Field[];
  format?: string;
  properties?: Record<string, Field>;
  required?: string[];
}

/** The AsyncAPI document as a page: each message with its fields and an example, and what a socket is closed with. */
export function messagePage(): string {
  const messages = (Object.keys(MESSAGE_SCHEMAS) as MessageName[]).map((name) => {
    const example = JSON.stringify(MESSAGE_EXAMPLES[name], null, 2);
    const rows = fieldRows(MESSAGE_SCHEMAS[name]);
    return `## ${name}\n\n${MESSAGE_SUMMARIES[name]}.\n\n${table(['field', 'is', 'about'], rows)}\n\n\`\`\`json\n${example}\n\`\`\``;
  });
  const codes = CLOSE_CODES.map(({ code, when, todo }) => [String(code), when, todo]);
  return [
    '# Messages',
    'What the sockets say, field by field, as [asyncapi.json](../asyncapi.json) has it for programs. How they are delivered stands under [the sockets](push).',
    ...messages,
    '## Close codes',
    table(['code', 'when', 'what to do'], codes),
  ].join('\n\n');
}

/** A row a field, those inside objects by their path. */
function fieldRows({ properties = {}, required = [] }: Field, path = ''): string[][] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const full = `${path}${name}`;
    const kind = required.includes(name) ? kindOf(field) : `${kindOf(field)}, may be left out`;
    const own = [`\`${full}\``, kind, field.description ?? ''];
    return field.properties ? fieldRows(field, `${full}.`) : [own];
  });
}

function kindOf({ type, const: only, enum: values, oneOf, format }: Field): string {
  if (only !== undefined) return `\`${only}\``;
  if (oneOf) return oneOf.map(kindOf).join(' or ');
  if (values) return values.map((value) => `\`${value}\``).join(', ');
  return [type ?? []].flat().join(' or ') + (format ? ` (${format})` : '');
}

const row = (cells: string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

const table = (head: string[], rows: string[][]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
