import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@nestjs/common';
import {
  connect,
  type ConnectionOptions,
  type NatsConnection,
  type Subscription,
} from '@nats-io/transport-node';

const RECONNECT_DELAY_MS = 500;
const CONNECT_TIMEOUT_MS = 3_000;
/** A server that answers two pings in a row with silence is left. */
const PING_INTERVAL_MS = 2_000;
const MAX_PINGS_OUT = 2;

type Handler = (text: string) => void;

/** A connection to NATS, one server or a cluster, that comes back whenever it is lost. Nobody waits for it. */
export class NatsLink {
  private connection: NatsConnection | undefined;
  private connected = false;
  private prefix = '';
  private readonly handlers = new Map<string, Handler>();
  private readonly subscriptions = new Map<string, Subscription>();
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly urls: string[],
    private readonly logger: Logger,
  ) {}

  get isConnected(): boolean {
    return this.connected;
  }

  /** Begins to connect. All subjects are below the prefix. */
  start(prefix: string): void {
    this.prefix = prefix;
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.connection?.close();
    await this.running;
  }

  /** Sends a message now or never: what is told late would be of no use. */
  publish(subject: string, text: string): void {
    if (!this.connection || !this.connected) return;
    const payload = Buffer.from(text);
    if (payload.length > this.connection.info!.max_payload) return;
    this.connection.publish(`${this.prefix}.${subject}`, payload);
  }

  subscribe(subject: string, handler: Handler): void {
    this.handlers.set(subject, handler);
    if (this.connection) this.open(this.connection, subject, handler);
  }

  unsubscribe(subject: string): void {
    this.handlers.delete(subject);
    this.subscriptions.get(subject)?.unsubscribe();
    this.subscriptions.delete(subject);
  }

  /** Until it is connected for the first time; from then on the library does it, subscriptions included. */
  private async run(): Promise<void> {
    const { signal } = this.stopping;
    for (let told = false; !signal.aborted; told = true) {
      try {
        const connection = await connect(optionsFor(this.urls));
        if (signal.aborted) return await connection.close();
        this.connection = connection;
        for (const [subject, handler] of this.handlers) this.open(connection, subject, handler);
        this.connected = true;
        return await this.watch(connection);
      } catch (error) {
        if (!told) this.logger.warn(`NATS is away: ${(error as Error).message}`);
        await delay(RECONNECT_DELAY_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  private async watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') {
        this.connected = false;
        if (!this.stopping.signal.aborted) this.logger.warn('the connection to NATS was lost');
      } else if (status.type === 'reconnect') {
        this.connected = true;
        this.logger.log('connected to NATS again');
      }
    }
  }

  private open(connection: NatsConnection, subject: string, handler: Handler): void {
    const callback = (error: Error | null, message: { string(): string }): void => {
      try {
        if (!error) handler(message.string());
      } catch (failure) {
        this.logger.warn(`a message from NATS was not understood: ${(failure as Error).message}`);
      }
    };
    this.subscriptions.set(subject, connection.subscribe(`${this.prefix}.${subject}`, { callback }));
  }
}

/** The servers with the credentials that their URLs carry, which are those of the first. */
function optionsFor(texts: string[]): ConnectionOptions {
  const urls = texts.map((text) => new URL(text));
  const { username, password, protocol } = urls[0]!;
  return {
    name: `lockstep ${process.pid}`,
    servers: urls.map(({ host }) => host),
    ...(username && { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
    ...(protocol === 'tls:' && { tls: {} }),
    noEcho: true,
    timeout: CONNECT_TIMEOUT_MS,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: RECONNECT_DELAY_MS,
    pingInterval: PING_INTERVAL_MS,
    maxPingOut: MAX_PINGS_OUT,
  };
}
