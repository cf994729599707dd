import { Injectable, Logger } from '@nestjs/common';
import {
  cursorAt,
  type EventCursor,
  EventReplay,
  EventTail,
  messagesFor,
  messagesLeft,
  type OrderEvent,
  type PushMessage,
  redelivery,
  REPLAY_ROWS,
  resyncMessage,
  secondId,
} from '#events';
import { OpenRequests, PushReceipts } from '#trading';
import { frameOf, requestsIn } from './push-frame.js';
import { ReplayTurns } from './replay-turns.js';
import { callerOf, type Subscriber } from './subscriber.js';

/** Brings a new subscriber from where it stands to where the tail is, from which on it hears live events. */
@Injectable()
export class SocketReplay {
  private readonly logger = new Logger(SocketReplay.name);
  readonly turns = new ReplayTurns();

  constructor(
    private readonly tail: EventTail,
    private readonly replay: EventReplay,
    private readonly openRequests: OpenRequests,
    private readonly receipts: PushReceipts,
  ) {}

  /** What it has missed, in order, if it says where it stands; and the requests that it has not answered yet. */
  async of(subscriber: Subscriber): Promise<void> {
    const { after } = subscriber;
    try {
      if (after === undefined) await this.beginLive(subscriber);
      else await this.turns.replay(callerOf(subscriber.participant), () => this.goOn(subscriber, after));
    } catch (error) {
      // it must not believe that it has heard everything: it connects again, with the last id that it has heard
      this.logger.warn(`a new socket could not be told what it missed: ${(error as Error).message}`);
      subscriber.terminate();
    }
  }

  /** At the present, taken at once, so that nothing is missed that is done from now on. */
  private async beginLive(subscriber: Subscriber): Promise<void> {
    const { position } = this.tail;
    subscriber.hold();
    subscriber.goLive();
    await this.redeliver(subscriber, position);
  }

  private async goOn(subscriber: Subscriber, after: string): Promise<void> {
    if (!subscriber.isOpen) return;
    const { cursor, heardInPart, keptSince, now } = await this.turns.read(() =>
      this.replay.startAfter(after),
    );
    if (cursor) {
      subscriber.skipUpTo(secondId(cursor.id));
      if (heardInPart) this.send(subscriber, heardInPart, messagesLeft(subscriber.audience, heardInPart));
      await this.replayFrom(subscriber, cursor);
    } else {
      subscriber.sendResync(resyncMessage(after, keptSince, now));
      await this.beginLive(subscriber);
    }
  }

  /**
   * No faster than it is read. Each batch is read up to where the tail is; what the tail hands out from then on is held
   * back, and goes out once all before it is told.
   */
  private async replayFrom(subscriber: Subscriber, start: EventCursor): Promise<void> {
    let cursor = start;
    while (await subscriber.drained()) {
      // it may have heard more on another instance than this one has read
      const { position: read } = this.tail;
      const position = read.id > cursor.id ? read : cursor;
      subscriber.hold();
      const events = await this.turns.read(() =>
        this.replay.readBetween(cursor, position, subscriber.audience),
      );
      for (const event of events) this.send(subscriber, event, messagesFor(subscriber.audience, event));
      if (events.length === REPLAY_ROWS) {
        cursor = cursorAt(events.at(-1)!);
        continue;
      }
      await this.redeliver(subscriber, position);
      const held = subscriber.goLive();
      if (held) {
        this.receipts.pushed(requestsIn(held));
        return;
      }
      cursor = position; // more has come meanwhile than is held back: it is in the log
    }
  }

  private send(subscriber: Subscriber, event: OrderEvent, messages: PushMessage[]): void {
    const frames = messages.map((message) => frameOf(event, message));
    this.receipts.replayed(requestsIn(frames.filter((frame) => subscriber.send(frame))));
  }

  /** Those up to a position, of which it was told everything else; those behind it come live. */
  private async redeliver(subscriber: Subscriber, position: EventCursor): Promise<void> {
    const { participant } = subscriber;
    if (participant.kind !== 'taker' || !subscriber.wants('cancellation_request')) return;
    const requests = await this.turns.read(async () =>
      subscriber.isOpen ? this.openRequests.ofTaker(participant.takerId, position) : [],
    );
    const frames = requests.map((event) => frameOf(event, redelivery(event)));
    this.receipts.pushed(requestsIn(frames.filter((frame) => subscriber.send(frame))));
  }
}
