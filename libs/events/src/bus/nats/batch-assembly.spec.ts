import { describe, expect, test } from '@jest/globals';
import { eventId } from '../../log/event-id.js';
import type { OrderEvent } from '../../log/order-event.entity.js';
import { BatchAssembly, type BatchMarker, type BatchPart, takeApart } from './batch-assembly.js';

const MADE_AT = new Date('2026-01-17T03:00:24.123Z');

function event(
  seq: number,
  maker: string,
  taker: string | null,
  from: string | null = 'pending',
): OrderEvent {
  const type = 'order_status_change';
  const fields = { type, maker, taker_id: taker, from_status: from, created_at: MADE_AT } as const;
  return { seq: String(seq), order_id: 'an order', version: seq, ...fields } as OrderEvent;
}

const EVENTS = [
  event(1, '0xa', null, null),
  event(2, '0xa', 't1'),
  event(3, '0xb', 't1'),
  event(4, '0xb', 't2'),
];
const BATCH = {
  from: eventId(event(0, '0xa', null)),
  to: eventId(EVENTS[3]!),
  created_at: MADE_AT,
  events: EVENTS,
};

/** As it arrives: what was sent, through JSON. */
const arrived = <T>(sent: T): T => JSON.parse(JSON.stringify(sent)) as T;
const { parts, marker } = takeApart(BATCH);
const part = (subject: string): BatchPart => arrived(parts.get(subject)!);
const end: BatchMarker = arrived(marker);

test('a batch has a part for each participant, those for all takers, and a marker that names them', () => {
  const seqs = [...parts].map(([subject, { events }]) => [subject, events.map(({ seq }) => seq)]);
  expect(Object.fromEntries(seqs)).toEqual({
    'maker.0xa': ['1', '2'],
    'maker.0xb': ['3', '4'],
    'taker.t1': ['2', '3'],
    'taker.t2': ['4'],
    'new-orders': ['1'],
    book: ['2', '3', '4'],
  });
  expect(marker.subjects.toSorted()).toEqual([...parts.keys()].toSorted());
});

describe('put together', () => {
  function complete(followed: string[], arriving = followed): ReturnType<BatchAssembly['complete']> {
    const assembly = new BatchAssembly();
    for (const subject of arriving) assembly.addPart(subject, part(subject));
    return assembly.complete(end, (subject) => followed.includes(subject));
  }

  test('it has what is followed, each event once, in order, as it was', () => {
    expect(complete(['taker.t1', 'new-orders', 'maker.0xb'])).toEqual(BATCH);
    expect(complete(['maker.0xb', 'taker.t2'])).toEqual({ ...BATCH, events: EVENTS.slice(2) });
  });

  test('it is empty for who follows nobody that it concerns', () => {
    expect(complete(['maker.0xc'], [])).toEqual({ ...BATCH, events: [] });
    expect(complete([])).toEqual({ ...BATCH, events: [] });
  });

  test('it is not complete without a part that is followed', () => {
    expect(complete(['taker.t1', 'maker.0xb'], ['taker.t1'])).toBeUndefined();
    expect(complete(['taker.t1'], [])).toBeUndefined();
  });

  test('parts of another stretch of the log do not count', () => {
    const assembly = new BatchAssembly();
    assembly.addPart('taker.t2', { ...part('taker.t2'), to: eventId(event(5, '0xa', null)) });
    expect(assembly.complete(end, (subject) => subject === 'taker.t2')).toBeUndefined();
  });

  test('parts whose marker never comes are forgotten in the end', () => {
    const assembly = new BatchAssembly();
    assembly.addPart('taker.t2', part('taker.t2'));
    for (let seq = 10; seq < 74; seq += 1) {
      assembly.addPart('taker.t2', {
        from: BATCH.to,
        to: eventId(event(seq, '0xa', null)),
        events: [],
      });
    }
    expect(assembly.complete(end, (subject) => subject === 'taker.t2')).toBeUndefined();
  });
});
