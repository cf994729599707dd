import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import {
  type EventCursor,
  eventId,
  EventReplay,
  EventTail,
  makerMessage,
  type OrderEvent,
  type PushMessage,
  resyncMessage,
  takerMessage,
} from '#events';
import { PendingRequests } from './pending-requests.service.js';
import { PushedNotes } from './pushed-notes.service.js';
import type { Subscriber } from './subscriber.js';

const TAIL_CHECK_MS = 50;

/** Brings a new subscriber from where it stands to where the tail is, from which on it hears live events. */
@Injectable()
export class CatchUp {
  private readonly logger = new Logger(CatchUp.name);

  constructor(
    private readonly tail: EventTail,
    private readonly replay: EventReplay,
    private readonly pending: PendingRequests,
    private readonly notes: PushedNotes,
  ) {}

  /** First what it has missed, in order, and then the requests that it has not answered yet. */
  async of(subscriber: Subscriber): Promise<void> {
    try {
      const readUpTo = await this.replayTo(subscriber, await this.startOf(subscriber));
      if (readUpTo) await this.redeliver(subscriber, readUpTo);
    } catch (error) {
      // it must not believe that it has heard everything: it connects again, with the last id that it has heard
      this.logger.warn(`a new socket could not be told what it missed: ${(error as Error).message}`);
      subscriber.terminate();
    }
  }

  /** Without `after`: at the present. It is taken at once, so that nothing is missed that is done from now on. */
  private async startOf(subscriber: Subscriber): Promise<EventCursor> {
    const { after } = subscriber;
    if (after === undefined) return this.tail.position;
    const { cursor, lost } = await this.replay.startAfter(after);
    if (lost) subscriber.sendResync(resyncMessage(after, lost.keptSince, lost.now));
    return cursor;
  }

  /** Returns the id up to which it was told everything by then, or nothing when it is gone. */
  private async replayTo(subscriber: Subscriber, start: EventCursor): Promise<string | undefined> {
    const { audience } = subscriber;
    let cursor = start;
    for (;;) {
      const { events, readUpTo } = await this.replay.readPast(cursor, audience);
      if (!(await this.sendAll(subscriber, events))) return undefined;
      cursor = events.at(-1) ?? cursor;
      // what the tail handed out meanwhile was not for this subscriber yet: then it is read here, too
      if (readUpTo && this.tail.isBefore(readUpTo)) {
        // after an event: numbers that none has yet PostgreSQL may give again after a crash, to events that must be heard
        subscriber.goLive(eventId(cursor));
        return eventId({ xid: readUpTo, seq: '0' });
      }
    }
  }

  /** No faster than they are read. */
  private async sendAll(subscriber: Subscriber, events: OrderEvent[]): Promise<boolean> {
    const requests: string[] = [];
    for (const event of events) {
      const message = messageFor(subscriber, event);
      if (message && subscriber.send(message) && message.type === 'cancellation_request') {
        requests.push(event.request_id!);
      }
      if (!(await subscriber.drained())) return false;
    }
    this.notes.replayed(requests);
    return true;
  }

  /** Each after all that precedes it: told before, it would let a connection that is cut resume too far ahead. */
  private async redeliver(subscriber: Subscriber, readUpTo: string): Promise<void> {
    if (subscriber.participant.kind !== 'taker' || !subscriber.wants('cancellation_request')) return;
    const requests = await this.pending.ofTaker(subscriber.participant.takerId);
    const last = requests.map(eventId).at(-1) ?? '';
    const isPassed = (): boolean => last <= readUpTo || last <= eventId(this.tail.position);
    while (!isPassed()) {
      if (!(await subscriber.drained())) return;
      await delay(TAIL_CHECK_MS); // an older transaction is still open
    }
    const sent = requests.filter((event) => subscriber.send(takerMessage(event, true)!));
    this.notes.pushed(sent.map((event) => event.request_id!));
  }
}

function messageFor({ participant }: Subscriber, event: OrderEvent): PushMessage | undefined {
  return participant.kind === 'maker' ? makerMessage(event) : takerMessage(event);
}
