import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { SETTINGS, type Settings } from '#config';
import { type Circle, circlesOf, EventBus, EventTail, messageFor, type OrderEvent } from '#events';
import { PushReceipts } from '#trading';
import { ApiError } from '../http/refusals/api-errors.js';
import { frameOf, type PushFrame, requestsIn } from './push-frame.js';
import { PushMetrics } from './push-metrics.js';
import { SocketReplay } from './socket-replay.service.js';
import { callerOf, type Participant, type Subscriber, type Subscription } from './subscriber.js';

const HEARTBEAT_INTERVAL_MS = 30_000;
/** A peer that stays silent for so many heartbeats is dropped. */
const SILENT_HEARTBEATS = 2;

const CALLERS = { taker: 'API key', maker: 'wallet' };

/** Hands committed events to the sockets of those they concern. */
@Injectable()
export class EventDelivery implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly takers = new Map<string, Set<Subscriber>>();
  private readonly makers = new Map<string, Set<Subscriber>>();
  /** Those of takers that keep a book: to pass all others by at every change of it would cost more than the pushes. */
  private readonly books = new Set<Subscriber>();
  private heartbeat: NodeJS.Timeout | undefined;

  constructor(
    private readonly tail: EventTail,
    private readonly bus: EventBus,
    private readonly replay: SocketReplay,
    private readonly receipts: PushReceipts,
    private readonly metrics: PushMetrics,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {
    metrics.showSockets((kind) => members(kind === 'taker' ? this.takers : this.makers).length);
    metrics.showReplays(() => replay.turns.count);
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.tail.start({
      onEvents: (events, source) => {
        this.metrics.read(events.length, source);
        events.forEach((event) => this.deliver(event));
      },
      onPassedOver: (count, verdict) => this.metrics.passedOver(count, verdict),
      onHistoryUndone: () => {
        this.metrics.undone();
        for (const subscriber of this.subscribers()) subscriber.restart('the database went back in time');
      },
    });
    this.heartbeat = setInterval(() => {
      for (const subscriber of this.subscribers()) subscriber.beat(SILENT_HEARTBEATS);
    }, HEARTBEAT_INTERVAL_MS);
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.heartbeat);
    await this.tail.stop();
  }

  /** Refuses one socket more of the same key or wallet than there may be, and one more that is to be told what it missed. */
  requireRoomFor({ participant, after }: Subscription): void {
    if (after !== undefined) this.replay.turns.requireRoom();
    const [group, key] = this.placeOf(participant);
    const caller = callerOf(participant);
    const open = [...(group.get(key) ?? [])].filter((member) => callerOf(member.participant) === caller);
    const limit = this.settings.MAX_SOCKETS_PER_CALLER;
    if (Math.max(open.length, this.replay.turns.countOf(caller)) >= limit) {
      throw new ApiError('TOO_MANY_REQUESTS', `this ${CALLERS[participant.kind]} has ${limit} sockets open`);
    }
  }

  /** From now on the subscriber hears what concerns it, after what it has missed. */
  async add(subscriber: Subscriber): Promise<void> {
    const [group, key] = this.placeOf(subscriber.participant);
    group.set(key, (group.get(key) ?? new Set()).add(subscriber));
    if (subscriber.wants('order_book_change')) this.books.add(subscriber);
    this.bus.follow(subscriber.audience);
    await this.replay.of(subscriber);
  }

  remove(subscriber: Subscriber): void {
    const [group, key] = this.placeOf(subscriber.participant);
    if (!group.get(key)?.delete(subscriber)) return;
    this.books.delete(subscriber);
    this.bus.unfollow(subscriber.audience);
    if (group.get(key)?.size === 0) group.delete(key);
  }

  subscribers(): Subscriber[] {
    return [...members(this.takers), ...members(this.makers)];
  }

  private placeOf(participant: Participant): [Map<string, Set<Subscriber>>, string] {
    return participant.kind === 'taker'
      ? [this.takers, participant.takerId]
      : [this.makers, participant.wallet];
  }

  private deliver(event: OrderEvent): void {
    for (const circle of circlesOf(event)) {
      const subscribers = this.subscribersIn(circle);
      const message = subscribers && messageFor(circle, event);
      if (!message) continue;
      const frame = frameOf(event, message);
      if (this.push(subscribers, frame) > 0) this.receipts.pushed(requestsIn([frame]));
    }
  }

  private subscribersIn(circle: Circle): Iterable<Subscriber> | undefined {
    switch (circle.kind) {
      case 'maker':
        return this.makers.get(circle.maker);
      case 'holder':
        return this.takers.get(circle.takerId);
      case 'everyTaker':
        return members(this.takers);
      case 'everyBook':
        return this.books;
    }
  }

  /** Returns to how many of them it went out. */
  private push(subscribers: Iterable<Subscriber>, frame: PushFrame): number {
    let sent = 0;
    for (const subscriber of subscribers) {
      if (!subscriber.sendLive(frame)) continue;
      this.metrics.pushed(frame);
      sent += 1;
    }
    return sent;
  }
}

function members(groups: Map<string, Set<Subscriber>>): Subscriber[] {
  return [...groups.values()].flatMap((group) => [...group]);
}
