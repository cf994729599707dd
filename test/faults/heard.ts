import type { OrderEvent, PushMessage, ResyncMessage } from '#events';
import type { Finding } from '#trading';
import type { Evidence } from './evidence.js';
import { finding } from './finding.js';
import type { Heard, Participant } from './participants.js';
import type { Frame, SocketLife, Testimony } from './witness.js';

/** Something to be heard, or heard: `key` tells one from another; when it happened, or was heard, Unix ms. */
interface Item {
  key: string;
  at: number;
}

/** What there is to hear for a participant; what was undone since is only what may have been heard before. */
interface Expected {
  current: PushMessage[];
  undone: PushMessage[] | undefined;
}

/** Invariant 17, for the plain socket by ids and for the session, which shows none, by what its listeners were told. */
export function allEventsHeard(evidence: Evidence): Finding {
  const broken = evidence.participants.flatMap((participant) => {
    const expected = expectedOf(participant, evidence);
    const { name, witnesses, heard } = participant;
    return [
      ...witnesses.flatMap((witness, at) =>
        witnessDeviation(`${name}'s socket ${at + 1}`, witness, expected),
      ),
      ...sessionDeviation(`${name}'s session`, heard, expected),
    ];
  });
  return finding(
    17,
    'the ids that a client saw, duplicates dropped, are exactly its events, in order',
    broken,
  );
}

/** Invariant 18, of every frame and of everything that a session told. */
export function onlyOwnEventsHeard(evidence: Evidence): Finding {
  const broken = evidence.participants.flatMap((participant) => {
    const { current, undone } = expectedOf(participant, evidence);
    const { name, witnesses, heard } = participant;
    const own = new Set([...current, ...(undone ?? [])].map(contentOf));
    const told = [...witnesses.flatMap(({ sockets }) => framesOf(sockets)).map(messageIn), ...heard];
    return told
      .filter((message) => !own.has(contentOf(message)) && !(undone && message.type === 'resync'))
      .map((message) => `${name} heard ${contentOf(message)}`);
  });
  return finding(18, "nobody saw another's events", broken);
}

/**
 * Invariant 19: what a socket was not told, its client could know to be missing, or was told by a later socket. One that was
 * closed may lack what comes last, but has no gap.
 */
export function nothingSilentlyMissing(evidence: Evidence): Finding {
  const broken = evidence.participants.flatMap((participant) => {
    const expected = expectedOf(participant, evidence);
    return participant.witnesses.flatMap(({ sockets }, at) =>
      missingOn(sockets, expected).map((what) => `${participant.name}'s socket ${at + 1}: ${what}`),
    );
  });
  return finding(19, 'an event reaches every socket, or the socket is closed or gets a resync', broken);
}

function missingOn(sockets: readonly SocketLife[], { current, undone = [] }: Expected): string[] {
  const known = new Set(current.map(({ id }) => id));
  const undoneIds = new Set(undone.map(({ id }) => id).filter((id) => !known.has(id)));
  let left = current;
  return sockets.flatMap(({ frames, closeCode }, at) => {
    const isOpen = closeCode === undefined;
    const resyncAt = resyncOf(frames)?.at;
    const required = left.filter(({ timestamp }) => Date.parse(timestamp) > (resyncAt ?? 0));
    const ids = idsIn(frames);
    const inTurn = idsIn(frames.filter(({ message }) => !isRedelivered(message)));
    const end = isOpen ? required.length : required.findLastIndex(({ id }) => inTurn.has(id)) + 1;
    left = required.filter(({ id }) => !ids.has(id));
    const lacking = required.slice(0, end).filter(({ id }) => !ids.has(id));
    const believes = isOpen && resyncAt === undefined && [...ids].some((id) => undoneIds.has(id));
    return [
      ...lacking.map(({ id }) => `connection ${at + 1} lacks ${id}`),
      ...(believes ? [`connection ${at + 1} heard what was undone, and is open`] : []),
    ];
  });
}

/** The longest time from a change to its push to a plain socket, of changes from a moment on. */
export function longestPush({ participants, record }: Evidence, since: number): number {
  const late = participants.flatMap(({ messageOf, witnesses }) =>
    witnesses.flatMap(({ sockets }) => {
      const heardAt = new Map(
        framesOf(sockets)
          .toReversed()
          .map(({ message, at }) => [message.id, at]),
      );
      return messagesOf(record.events, messageOf)
        .filter(({ id, timestamp }) => heardAt.has(id) && Date.parse(timestamp) >= since)
        .map(({ id, timestamp }) => heardAt.get(id)! - Date.parse(timestamp));
    }),
  );
  return late.reduce((longest, ms) => Math.max(longest, ms), 0);
}

function witnessDeviation(what: string, { sockets }: Testimony, { current, undone }: Expected): string[] {
  const frames = framesOf(sockets);
  // a request that is pushed again may come before what precedes it
  const inTurn = frames.filter(({ message }) => !isRedelivered(message));
  const ids = new Set(inTurn.map(({ message }) => message.id));
  const onlyRedelivered = new Set(frames.map(({ message }) => message.id).filter((id) => !ids.has(id)));
  const items = (messages: PushMessage[]): Item[] =>
    messages
      .filter(({ id }) => !onlyRedelivered.has(id))
      .map(({ id, timestamp }) => ({ key: id, at: Date.parse(timestamp) }));
  const heard = inTurn.map(({ message: { id, type }, at }) => ({ key: id, at, type }));
  return deviation(what, firstOfEach(heard), items(current), undone && items(undone));
}

function sessionDeviation(what: string, heard: readonly Heard[], { current, undone }: Expected): string[] {
  const items = (messages: PushMessage[]): Item[] =>
    messages
      .filter(isChange)
      .map((message) => ({ key: contentOf(message), at: Date.parse(message.timestamp) }));
  const changes = heard.filter(isChange).map((told) => ({ ...told, key: contentOf(told) }));
  return [
    ...deviation(what, changes, items(current), undone && items(undone)),
    ...requestDeviation(what, heard, { current, undone }),
  ];
}

/** A session asks for one verdict on each request, however often it is pushed. */
function requestDeviation(what: string, heard: readonly Heard[], { current, undone }: Expected): string[] {
  const resyncAt = (undone && heard.findLast(({ type }) => type === 'resync')?.at) ?? 0;
  const asked = requestsIn(heard);
  const due = requestsIn(current.filter(({ timestamp }) => Date.parse(timestamp) > resyncAt));
  const known = requestsIn([...current, ...(undone ?? [])]);
  return [
    ...[...due].filter((id) => !asked.has(id)).map((id) => `${what} was not asked for a verdict on ${id}`),
    ...[...asked].filter((id) => !known.has(id)).map((id) => `${what} was asked for a verdict on ${id}`),
  ];
}

/** Before a resync nothing was left out of the history that ended; after it, nothing that happened later. */
function deviation(
  what: string,
  heard: readonly (Item & { type: string })[],
  current: Item[],
  undone: Item[] | undefined,
): string[] {
  const first = heard.findIndex(({ type }) => type === 'resync');
  if (first === -1 || !undone) return firstDifference(what, current.map(keyOf), heard.map(keyOf));
  const last = heard.findLastIndex(({ type }) => type === 'resync');
  const [before, after] = [heard.slice(0, first).map(keyOf), heard.slice(last + 1).map(keyOf)];
  const leftOut = current.slice(0, Math.max(current.length - after.length, 0));
  const late = leftOut.filter(({ at }) => at > heard[last]!.at);
  return [
    ...firstDifference(`${what}, before the resync`, undone.slice(0, before.length).map(keyOf), before),
    ...firstDifference(`${what}, after the resync`, current.slice(leftOut.length).map(keyOf), after),
    ...late.map(({ key }) => `${what}: ${key} came after the resync, and was not heard`),
  ];
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

function expectedOf({ messageOf }: Pick<Participant, 'messageOf'>, { record, undone }: Evidence): Expected {
  return {
    current: messagesOf(record.events, messageOf),
    undone: undone && messagesOf(undone.record.events, messageOf),
  };
}

function messagesOf(events: readonly OrderEvent[], messageOf: Participant['messageOf']): PushMessage[] {
  return events.flatMap((event) => messageOf(event) ?? []);
}

/** What is told of an event, whether for the first time or again. */
function contentOf({ type, data }: { type: string; data: object }): string {
  return JSON.stringify({ type, data }).replace('"redelivered":true', '"redelivered":false');
}

function requestsIn(messages: readonly { type: string; data: object }[]): Set<string> {
  const requests = messages.filter((message) => !isChange(message));
  return new Set(requests.map(({ data }) => (data as RequestData).metadata.request_id));
}

interface RequestData {
  metadata: { request_id: string; redelivered: boolean };
}

function isRedelivered({ type, data }: PushMessage | ResyncMessage): boolean {
  return type === 'cancellation_request' && (data as unknown as RequestData).metadata.redelivered;
}

const isChange = ({ type }: { type: string }): boolean => type !== 'cancellation_request';
const keyOf = ({ key }: Item): string => key;
const messageIn = ({ message }: Frame): Frame['message'] => message;
const idsIn = (frames: readonly Frame[]): Set<string> => new Set(frames.map(({ message }) => message.id));
const framesOf = (sockets: readonly SocketLife[]): Frame[] => sockets.flatMap(({ frames }) => frames);
const resyncOf = (frames: readonly Frame[]): Frame | undefined =>
  frames.findLast(({ message }) => message.type === 'resync');

function firstOfEach<T extends Item>(items: T[]): T[] {
  return [...new Map(items.toReversed().map((item) => [item.key, item])).values()].toReversed();
}
