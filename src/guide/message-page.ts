import { CLOSE_CODES } from '../push/close-codes.js';
import { MESSAGE_EXAMPLES } from '../push/message-examples.js';
import { MESSAGE_SCHEMAS, MESSAGE_SUMMARIES, type MessageName } from '../push/message-schemas.js';
import { fieldRows, fieldTable, table } from './field-table.js';

/** The AsyncAPI document as a page: each message with its fields and an example, and what a socket is closed with. */
export function messagePage(): string {
  const messages = (Object.keys(MESSAGE_SCHEMAS) as MessageName[]).map((name) => {
    const example = JSON.stringify(MESSAGE_EXAMPLES[name], null, 2);
    const fields = fieldTable(fieldRows(MESSAGE_SCHEMAS[name]));
    return `## ${name}\n\n${MESSAGE_SUMMARIES[name]}.\n\n${fields}\n\n\`\`\`json\n${example}\n\`\`\``;
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
