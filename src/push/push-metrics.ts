import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type BatchSource, EventBus, EventTail, TailLag, type TailListener } from '#events';
import { ScrapeReading, showGauge } from '#metrics';
import { Counter, Histogram, Registry } from 'prom-client';
import type { PushFrame } from './push-frame.js';
import type { Participant } from './subscriber.js';

const BATCH_BUCKETS = [1, 2, 5, 10, 25, 50, 100, 250, 500];
/** From a push at once to a reader that was kept waiting by a fault. */
const LATENCY_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** How this instance keeps up with the events, and who listens to it. */
@Injectable()
export class PushMetrics implements OnApplicationBootstrap {
  private readonly latency: Histogram<'type'>;
  private readonly refusals: Counter<'code'>;
  private readonly batches: Histogram<'source'>;
  private readonly passedOverNumbers: Counter<'verdict'>;
  private readonly undoneHistories: Counter;
  /** Age of the oldest event that this instance has not read, in seconds. */
  private readonly lag: ScrapeReading<number>;
  /** What the database's clock is ahead of this process's: events have their times from the one. */
  private clockAheadMs = 0;

  constructor(
    private readonly registry: Registry,
    private readonly tail: EventTail,
    private readonly tailLag: TailLag,
    private readonly bus: EventBus,
  ) {
    this.lag = new ScrapeReading(() => this.readLag());
    this.latency = new Histogram({
      name: 'lockstep_push_latency_seconds',
      help: "From an event's created_at, by the database's clock, to its frame handed to a socket; replays are not in it",
      labelNames: ['type'],
      buckets: LATENCY_BUCKETS_S,
      registers: [registry],
    });
    this.refusals = new Counter({
      name: 'lockstep_socket_refusals_total',
      help: "Refused upgrades, by the error code of the answer's envelope",
      labelNames: ['code'],
      registers: [registry],
    });
    this.batches = new Histogram({
      name: 'lockstep_tail_batch_events',
      help: 'Events that this instance learned of at once: read in the database, or brought by the event bus',
      labelNames: ['source'],
      buckets: BATCH_BUCKETS,
      registers: [registry],
    });
    this.passedOverNumbers = new Counter({
      name: 'lockstep_tail_passed_over_total',
      help:
        'Missing numbers of the log that the tail did not wait for any longer. dead: their transactions were rolled back; ' +
        "overdue: somebody else's transaction may still have them, and its events are lost to open sockets if it commits",
      labelNames: ['verdict'],
      registers: [registry],
    });
    for (const verdict of ['dead', 'overdue']) this.passedOverNumbers.inc({ verdict }, 0);
    this.undoneHistories = new Counter({
      name: 'lockstep_history_undone_total',
      help: 'How often the database was found to have gone back in time, and all sockets were closed with 1012',
      registers: [registry],
    });
    this.showTail();
    this.showBus();
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.lag.get();
  }

  /** The tail handed out events. */
  read(events: number, source: BatchSource): void {
    this.batches.observe({ source }, events);
  }

  /** Missing numbers were given up. */
  passedOver(...[count, verdict]: Parameters<TailListener['onPassedOver']>): void {
    this.passedOverNumbers.inc({ verdict }, count);
  }

  /** The database has gone back in time. */
  undone(): void {
    this.undoneHistories.inc();
  }

  /** A frame of a new event was handed to a socket. */
  pushed({ type, event }: PushFrame): void {
    const milliseconds = Date.now() + this.clockAheadMs - event.created_at.getTime();
    this.latency.observe({ type }, Math.max(0, milliseconds) / 1000);
  }

  refused(code: number): void {
    this.refusals.inc({ code });
  }

  showSockets(count: (kind: Participant['kind']) => number): void {
    showGauge(this.registry, {
      name: 'lockstep_sockets',
      help: 'Open WebSockets of this instance',
      labelNames: ['kind'],
      collect() {
        for (const kind of ['taker', 'maker'] as const) this.set({ kind }, count(kind));
      },
    });
  }

  showReplays(count: () => number): void {
    showGauge(this.registry, {
      name: 'lockstep_socket_replays',
      help: 'Sockets that are being told what they missed, or wait for their turn',
      collect() {
        this.set(count());
      },
    });
  }

  private showTail(): void {
    const { lag, tail, registry } = this;
    showGauge(registry, {
      name: 'lockstep_tail_lag_seconds',
      help:
        'Age of the oldest committed event that this instance has not read yet, 0 without any: long while the ' +
        'tail stands still, or waits for a missing number; NaN without the database',
      async collect() {
        this.set((await lag.get()) ?? Number.NaN);
      },
    });
    showGauge(registry, {
      name: 'lockstep_tail_gap_seconds',
      help: 'For how long the tail has been waiting for a number that is missing in the log, 0 without any',
      collect() {
        this.set(tail.gapAgeMs / 1000);
      },
    });
    showGauge(registry, {
      name: 'lockstep_tail_silence_seconds',
      help: 'Since this instance last read the events to their end; normally below a second',
      collect() {
        this.set((performance.now() - tail.caughtUpAt) / 1000);
      },
    });
  }

  private showBus(): void {
    const { bus, registry } = this;
    showGauge(registry, {
      name: 'lockstep_event_bus_connected',
      help: 'Whether this instance is connected to the event bus; without it pushes are a little later',
      collect() {
        this.set(bus.isConnected ? 1 : 0);
      },
    });
  }

  private async readLag(): Promise<number> {
    const { seconds, clockAheadMs } = await this.tailLag.read();
    this.clockAheadMs = clockAheadMs;
    return seconds;
  }
}
