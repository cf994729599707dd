import { Ajv2020 } from 'ajv/dist/2020.js';
import { MESSAGE_SCHEMAS } from '../../src/push/message-schemas.js';

/** Holds every frame that a test's socket hears against the schemas of both documents, to the letter. */
const ajv = new Ajv2020({
  strict: false,
  allErrors: true,
  formats: {
    'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
    uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  },
});

// for clients messages are open to new fields; here a field that is not documented is a mistake
const closed = JSON.parse(JSON.stringify(MESSAGE_SCHEMAS), (_, node) =>
  node?.properties && node.type === 'object' ? { ...node, unevaluatedProperties: false } : node,
) as Record<string, object>;
const validators = new Map(Object.entries(closed).map(([type, schema]) => [type, ajv.compile(schema)]));

/** What is wrong with a frame by its schema; undefined when nothing is. */
export function misfitsOfFrame(frame: { type: string }): string | undefined {
  const validate = validators.get(frame.type);
  if (!validate) return `${frame.type} is no message of the document`;
  if (validate(frame)) return undefined;
  const words = validate.errors!.map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
  return `by the document ${words.join(', ')}: ${JSON.stringify(frame)}`;
}
