import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { SETTINGS, type Settings } from '#config';
import {
  EventBus,
  EventTail,
  isForEveryTaker,
  makerMessage,
  type OrderEvent,
  type PushMessage,
  takerMessage,
} from '#events';
import { ApiError } from '../http/api-errors.js';
import { CatchUp } from './catch-up.service.js';
import { PushMetrics } from './push-metrics.js';
import { PushedNotes } from './pushed-notes.service.js';
import type { Participant, Subscriber } from './subscriber.js';

const HEARTBEAT_INTERVAL_MS = 30_000;
/** A peer that stays silent for so many heartbeats is dropped. */
const SILENT_HEARTBEATS = 2;

const CALLERS = { taker: 'API key', maker: 'wallet' };

/** Hands committed events to the sockets of those they concern. */
@Injectable()
export class PushService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly takers = new Map<string, Set<Subscriber>>();
  private readonly makers = new Map<string, Set<Subscriber>>();
  private heartbeat: NodeJS.Timeout | undefined;

  constructor(
    private readonly tail: EventTail,
    private readonly bus: EventBus,
    private readonly catchUp: CatchUp,
    private readonly notes: PushedNotes,
    private readonly metrics: PushMetrics,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {
    metrics.showSockets((kind) => members(kind === 'taker' ? this.takers : this.makers).length);
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.tail.start((events, source) => {
      this.metrics.read(events.length, source);
      events.forEach((event) => this.deliver(event));
    });
    this.heartbeat = setInterval(() => {
      for (const subscriber of this.subscribers()) subscriber.beat(SILENT_HEARTBEATS);
    }, HEARTBEAT_INTERVAL_MS);
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.heartbeat);
    await this.tail.stop();
  }

  /** Refuses one socket more of the same key or wallet than there may be. */
  requireRoomFor(participant: Participant): void {
    const [group, key] = this.placeOf(participant);
    const caller = callerOf(participant);
    const open = [...(group.get(key) ?? [])].filter((member) => callerOf(member.participant) === caller);
    const limit = this.settings.MAX_SOCKETS_PER_CALLER;
    if (open.length >= limit) {
      throw new ApiError('TOO_MANY_REQUESTS', `this ${CALLERS[participant.kind]} has ${limit} sockets open`);
    }
  }

  /** From now on the subscriber hears what concerns it, after what it has missed. */
  async add(subscriber: Subscriber): Promise<void> {
    const [group, key] = this.placeOf(subscriber.participant);
    group.set(key, (group.get(key) ?? new Set()).add(subscriber));
    this.bus.follow(subscriber.audience);
    await this.catchUp.of(subscriber);
  }

  remove(subscriber: Subscriber): void {
    const [group, key] = this.placeOf(subscriber.participant);
    if (!group.get(key)?.delete(subscriber)) return;
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
    const makers = this.makers.get(event.maker);
    if (makers) this.push(makers, makerMessage(event), event);
    const takers = this.takersConcerned(event);
    const forTaker = takers && takerMessage(event);
    if (!forTaker) return;
    const sent = this.push(takers, forTaker, event);
    if (sent > 0 && event.type === 'cancellation_request') this.notes.pushed([event.request_id!]);
  }

  /** Returns to how many of them it went out. */
  private push(subscribers: Iterable<Subscriber>, message: PushMessage, event: OrderEvent): number {
    let sent = 0;
    for (const subscriber of subscribers) {
      if (!subscriber.sendLive(message)) continue;
      this.metrics.pushed(message.type, event);
      sent += 1;
    }
    return sent;
  }

  private takersConcerned(event: OrderEvent): Iterable<Subscriber> | undefined {
    return isForEveryTaker(event) ? members(this.takers) : this.takers.get(event.taker_id ?? '');
  }
}

/** By whom the sockets are counted. */
function callerOf(participant: Participant): string {
  return participant.kind === 'taker' ? participant.keyId : participant.wallet;
}

function members(groups: Map<string, Set<Subscriber>>): Subscriber[] {
  return [...groups.values()].flatMap((group) => [...group]);
}
