import { createHmac } from 'node:crypto';
import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { secretsOf, SETTINGS, type Settings } from '#config';
import { urlOf } from '#database';
import { DataSource } from 'typeorm';
import type { Audience } from '../../audience/circles.js';
import { Coalescer } from '../coalescer.js';
import { CommitSignal } from '../commit-signal.js';
import { type BusReceiver, type EventBatch, EventBus, subjectsFor } from '../event-bus.js';
import { BatchAssembly, type BatchMarker, type BatchPart, takeApart } from './batch-assembly.js';
import { NatsLink } from './nats-link.js';
import { PublisherElection } from './publisher-election.js';

/** However much is committed, each process tells the publisher no more often than that. */
const ANNOUNCE_INTERVAL_MS = 2;
/** Hex digits, more than can be guessed. */
const SCOPE_DIGITS = 32;
/** Of the messages: what another version publishes, without all subjects or with other ids, must not come in. */
const FORMAT = 3;

/**
 * Spares the instances most reading: one of them, elected, reads the log and publishes each batch, a message for each
 * participant that it concerns and then a marker. An instance subscribes for those who are connected to it; when it
 * has all their parts of a batch that follows on what it knows, it need not ask the database, and otherwise it does.
 */
@Injectable()
export class NatsBus extends EventBus implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(NatsBus.name);
  private readonly link: NatsLink;
  private readonly assembly = new BatchAssembly();
  /** How many here follow a subject. */
  private readonly followers = new Map<string, number>();
  private receiver: BusReceiver | undefined;
  private election: PublisherElection | undefined;
  private readonly announcements = new Coalescer(
    () => this.link.publish('announced', ''),
    ANNOUNCE_INTERVAL_MS,
  );

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(SETTINGS) private readonly settings: Settings,
    commits: CommitSignal,
  ) {
    super();
    this.link = new NatsLink(settings.NATS_URL, this.logger);
    commits.onPoke(() => this.announce());
  }

  get isConnected(): boolean {
    return this.link.isConnected;
  }

  bringTo(receiver: BusReceiver): void {
    this.receiver = receiver;
  }

  async onApplicationBootstrap(): Promise<void> {
    this.link.start(await this.prefix());
    const { receiver } = this;
    if (!receiver) return;
    this.link.subscribe('announced', () => {
      if (this.isPublisher) receiver.wake();
    });
    this.link.subscribe('batch', (text) => this.finish(receiver, JSON.parse(text) as BatchMarker));
    this.election = new PublisherElection(urlOf(this.dataSource), ({ message }) =>
      this.logger.warn(`this instance cannot be elected to publish for now: ${message}`),
    );
  }

  async onModuleDestroy(): Promise<void> {
    await this.announcements.done();
    await this.election?.stop();
    await this.link.stop();
  }

  override publish(batch: EventBatch): void {
    if (!this.isPublisher || !this.isConnected) return;
    const { parts, marker } = takeApart(batch);
    for (const [subject, part] of parts) this.link.publish(partOf(subject), JSON.stringify(part));
    this.link.publish('batch', JSON.stringify(marker));
  }

  override follow(audience: Audience): void {
    for (const subject of subjectsFor(audience)) {
      const followers = this.followers.get(subject) ?? 0;
      this.followers.set(subject, followers + 1);
      if (followers > 0) continue;
      this.link.subscribe(partOf(subject), (text) =>
        this.assembly.addPart(subject, JSON.parse(text) as BatchPart),
      );
    }
  }

  override unfollow(audience: Audience): void {
    for (const subject of subjectsFor(audience)) {
      const followers = this.followers.get(subject)! - 1;
      if (followers > 0) {
        this.followers.set(subject, followers);
      } else {
        this.followers.delete(subject);
        this.link.unsubscribe(partOf(subject));
      }
    }
  }

  private get isPublisher(): boolean {
    return this.election?.isElected === true;
  }

  /** Has the publisher read. This instance reads by itself while it is the publisher, or cannot reach it. */
  private announce(): void {
    if (this.isPublisher || !this.isConnected) this.receiver?.wake();
    else this.announcements.ask();
  }

  private finish(receiver: BusReceiver, marker: BatchMarker): void {
    const batch = this.assembly.complete(marker, (subject) => this.followers.has(subject));
    if (batch) receiver.offer(batch);
    else receiver.wake();
  }

  /** Apart from every other service and database, should they share a NATS: events of another must never come in. */
  private async prefix(): Promise<string> {
    const [{ database }] = await this.dataSource.query<[{ database: string }]>(
      `SELECT oid || ' ' || datname AS database FROM pg_database WHERE datname = current_database()`,
    );
    // whatever their order is: while they are replaced step by step it changes once
    const [chosen] = secretsOf(this.settings.MASTER_KEY).toSorted();
    const scope = createHmac('sha256', chosen!).update(`nats ${FORMAT} ${database}`).digest('hex');
    return `lockstep.${scope.slice(0, SCOPE_DIGITS)}`;
  }
}

function partOf(subject: string): string {
  return `part.${subject}`;
}
