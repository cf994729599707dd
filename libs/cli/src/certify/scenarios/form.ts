import { checkCall } from '../form/check-call.js';
import { isSocket, verdictIn } from '../runner/bot-call.js';
import { NotShown, RuleBroken } from '../stage/outcomes.js';
import type { Scene } from '../stage/scene.js';
import { MAX_PROOFS, type Rule } from './rule.js';

const group = 'form';
/** Every client of the contract must be open to these. */
const NEW_FIELDS = {
  certification_note: 'a newer service says more',
  certification_list: [1, { two: null }],
};

export const FORM: Rule[] = [
  {
    name: 'ignores-unknown-fields',
    group,
    rule: 'Fields that it does not know, in what it is pushed, it ignores.',
    when: 'together',
    play: unknownFields,
  },
  {
    name: 'ignores-unknown-types',
    group,
    rule: 'Messages of a type that it does not know it ignores.',
    when: 'alone',
    play: unknownTypes,
  },
  {
    name: 'well-formed-calls',
    group,
    rule: 'Its calls below /api are those that the OpenAPI document knows, in the form that this describes.',
    when: 'at the end',
    judge: ({ tape, openapi }, proof) => {
      const calls = tape.calls.filter((call) => call.path.startsWith('/api/') && !isSocket(call));
      for (const call of calls) {
        const misfit = checkCall(openapi, call);
        if (!misfit) continue;
        proof.calls.add(call);
        throw new RuleBroken(`${call.method} ${call.path}: ${misfit}`);
      }
      if (calls.length === 0) throw new NotShown('the bot made no call');
      for (const call of calls.slice(0, MAX_PROOFS)) proof.calls.add(call);
      return `all of its calls below /api are well-formed (${calls.length})`;
    },
  },
];

async function unknownFields(scene: Scene): Promise<string> {
  const order = await scene.placedOrder((hash) => {
    scene.onPush(({ order: about, message }, line) => {
      if (about !== hash) return undefined;
      const metadata = { ...message.data?.metadata, ...NEW_FIELDS };
      const data = { ...message.data, ...NEW_FIELDS, metadata };
      line.send(JSON.stringify({ ...message, ...NEW_FIELDS, data }), { fault: 'with unknown fields' });
      return true;
    });
  });
  await scene.locked(order);
  await scene.ask(order);
  const recorded = await scene.recorded(order);
  scene.expectPushed(order, 'cancellation_request', order.verdicts[0]!.at);
  return `it answered ${verdictIn(recorded)}`;
}

async function unknownTypes(scene: Scene): Promise<string> {
  const { runner, tape } = scene.stage;
  await scene.connected();
  const lines = runner.openLines;
  const timestamp = new Date().toISOString();
  const known = tape.delivered.findLast(({ id }) => id !== undefined)?.id;
  const unknown = [
    { type: 'market_notice', timestamp, data: { text: 'a newer service says more' } },
    { type: 'constructor', timestamp, data: null },
    { type: 'order_note', id: known, timestamp, data: { order_hash: null } },
  ];
  for (const line of lines)
    for (const message of unknown) line.send(JSON.stringify(message), { fault: 'unknown to the bot' });
  const isClosed = (): boolean => lines.some(({ isOpen }) => !isOpen);
  const order = await scene.placedOrder();
  await tape.until(() => order.lock ?? isClosed(), scene.waits.lockMs);
  if (isClosed()) throw new RuleBroken('it closed the socket');
  await scene.locked(order);
  await scene.ask(order);
  const recorded = await scene.recorded(order);
  if (isClosed()) throw new RuleBroken('it closed the socket');
  return `it answered ${verdictIn(recorded)} on the same socket`;
}
