import type { OrderEvent, PushMessage } from '#events';
import type { Finding } from '#trading';
import { finding } from './finding.js';
import type { Told } from './ledger.js';
import type { Participant } from './participants.js';
import { callOf } from './told-is-recorded.js';
import type { Witness } from './witness.js';

/** Invariant 16; what it goes by are the ids of calls, so that no two may have the same. */
export function refusalsChangedNothing(told: readonly Told[], events: readonly OrderEvent[]): Finding {
  const changedBy = new Set(events.map(callOf));
  const refusals = told.filter(({ status }) => status >= 400 && status < 500);
  const ids = new Set<string>();
  const nameless = told.filter(({ requestId }) => requestId === '' || ids.size === ids.add(requestId).size);
  return finding(16, 'a definite 4xx changed nothing', [
    ...refusals.filter(({ requestId }) => changedBy.has(requestId)).map(describe),
    ...nameless.map((call) => `no id of its own: ${describe(call)}`),
  ]);
}

/** Invariant 17, for the plain socket by ids and for the session, which shows none, by what its listeners were told. */
export function allEventsHeard(participants: readonly Participant[], events: readonly OrderEvent[]): Finding {
  const broken = participants.flatMap((participant) => {
    const expected = messagesFor(participant, events);
    const { name, witnesses, heard } = participant;
    const ids = expected.map(({ id }) => id);
    return [
      ...witnesses.flatMap((witness, at) =>
        firstDifference(`${name}'s socket ${at + 1}`, ids, firstSeenIn(witness)),
      ),
      ...firstDifference(
        `${name}'s session`,
        contents(expected.filter(isChange)),
        contents(heard.filter(isChange)),
      ),
      // a session asks for one verdict on each request, however often it is pushed
      ...firstDifference(
        `${name}'s requests`,
        requestsIn(expected.filter(isRequest)),
        requestsIn(heard.filter(isRequest)),
      ),
    ];
  });
  return finding(
    17,
    'the ids that a client saw, duplicates dropped, are exactly its events, in order',
    broken,
  );
}

/** Invariant 18, of every frame and of everything that a session told. */
export function onlyOwnEventsHeard(
  participants: readonly Participant[],
  events: readonly OrderEvent[],
): Finding {
  const broken = participants.flatMap((participant) => {
    const own = new Set(contents(messagesFor(participant, events)));
    const { name, witnesses, heard } = participant;
    return contents([...witnesses.flatMap(({ frames }) => frames), ...heard])
      .filter((content) => !own.has(content))
      .map((content) => `${name} heard ${content}`);
  });
  return finding(18, "nobody saw another's events", broken);
}

function messagesFor(participant: Participant, events: readonly OrderEvent[]): PushMessage[] {
  return events.flatMap((event) => participant.messageOf(event) ?? []);
}

/** What is told of an event, whether for the first time or again. */
function contents(messages: readonly { type: string; data: object }[]): string[] {
  return messages.map(({ type, data }) =>
    JSON.stringify({ type, data }).replace('"redelivered":true', '"redelivered":false'),
  );
}

const isRequest = ({ type }: { type: string }): boolean => type === 'cancellation_request';
const isChange = (message: { type: string }): boolean => !isRequest(message);

function firstSeenIn({ frames }: Witness): string[] {
  return [...new Set(frames.map(({ id }) => id))];
}

function requestsIn(messages: readonly { data: object }[]): string[] {
  const ids = messages.map(({ data }) => (data as { metadata: { request_id: string } }).metadata.request_id);
  return [...new Set(ids)].toSorted();
}

function firstDifference(what: string, expected: string[], actual: string[]): string[] {
  const at = Array.from({ length: Math.max(expected.length, actual.length) }).findIndex(
    (_, index) => expected[index] !== actual[index],
  );
  if (at === -1) return [];
  return [
    `${what}, message ${at} of ${expected.length} (heard ${actual.length}): ${actual[at]}, not ${expected[at]}`,
  ];
}

function describe({ method, path, status, requestId }: Told): string {
  return `${method} ${path} ${status} ${requestId}`;
}
