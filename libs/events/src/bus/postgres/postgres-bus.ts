import { randomUUID } from 'node:crypto';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { PreparedStatement, RoundTrip, SessionConnection, urlOf } from '#database';
import type { Client } from 'pg';
import { DataSource } from 'typeorm';
import { Coalescer } from '../coalescer.js';
import { CommitSignal } from '../commit-signal.js';
import { type BusReceiver, EventBus } from '../event-bus.js';

const CHANNEL = 'lockstep_events';
const NOTIFY = new PreparedStatement('notify', `SELECT pg_notify('${CHANNEL}', $1)`);
/** However much is committed, each process sends no more than one NOTIFY in this time. */
const NOTIFY_INTERVAL_MS = 5;

/**
 * Wakes this process's tail, and those of all other instances by NOTIFY, which a connection of its own sends after the commit: in the business
 * transactions themselves it would make them commit one after the other, behind a lock of the whole cluster.
 */
@Injectable()
export class PostgresBus extends EventBus implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(PostgresBus.name);
  /** Tells its own notifications from those of others. */
  private readonly id = randomUUID();
  private connection: SessionConnection | undefined;
  private receiver: BusReceiver | undefined;
  // what cannot be sent is found by the others' polls
  private readonly notify = new Coalescer(
    () => this.connection?.with((client) => RoundTrip.over(client, [NOTIFY.with(this.id)])).catch(() => {}),
    NOTIFY_INTERVAL_MS,
  );

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    commits: CommitSignal,
  ) {
    super();
    commits.onPoke(() => {
      this.receiver?.wake();
      this.notify.ask();
    });
  }

  get isConnected(): boolean {
    return this.connection?.client !== undefined;
  }

  bringTo(receiver: BusReceiver): void {
    this.receiver = receiver;
  }

  onApplicationBootstrap(): void {
    this.connection = new SessionConnection(urlOf(this.dataSource), {
      begin: (client) => this.listen(client),
      onLost: ({ message }) => this.logger.warn(`no wake-ups by other instances for now: ${message}`),
    });
  }

  async onModuleDestroy(): Promise<void> {
    await this.notify.done();
    await this.connection?.stop();
  }

  private async listen(client: Client): Promise<void> {
    const { receiver } = this;
    if (!receiver) return;
    client.on('notification', ({ payload }) => {
      if (payload !== this.id) receiver.wake();
    });
    await client.query(`LISTEN ${CHANNEL}`);
    receiver.wake(); // for what was announced while there was no connection
  }
}
