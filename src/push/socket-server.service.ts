import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  Optional,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type Tracer, TRACER } from '#tracing';
import { type WebSocket, WebSocketServer } from 'ws';
import { faultOfHead } from '../http/head-rules.js';
import { WEBSOCKET } from '../http/http-server.js';
import { ApiError } from '../http/refusals/api-errors.js';
import { refuseOnSocket } from '../http/refusals/refuse-on-socket.js';
import { callIdOf } from '../http/call-id.js';
import { EventDelivery } from './event-delivery.service.js';
import { PushMetrics } from './push-metrics.js';
import { Subscriber, type Subscription } from './subscriber.js';
import { JWT_PROTOCOL, UpgradeAuthorizer } from './upgrade-authorizer.service.js';

/** Clients have nothing long to say. */
const MAX_CLIENT_FRAME_BYTES = 4 * 1024;
/** How long a peer has to take what was sent to it and to answer the closing handshake, before its connection is cut. */
const CLOSE_TIMEOUT_MS = 5_000;
const CLOSE_GOING_AWAY = 1001;
/** Upgrades that are decided before other calls get their turn: when all sockets come back together, answers must pass. */
const UPGRADES_A_TURN = 4;

// not written where it is used: the package's types do not know closeTimeout yet
const SERVER_OPTIONS = {
  noServer: true,
  maxPayload: MAX_CLIENT_FRAME_BYTES,
  closeTimeout: CLOSE_TIMEOUT_MS,
  handleProtocols: (offered: Set<string>) => (offered.has(JWT_PROTOCOL) ? JWT_PROTOCOL : false),
} as const;

/** The two WebSocket endpoints, on the HTTP server's port: lets subscribers in, or answers why not. */
@Injectable()
export class SocketServer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(SocketServer.name);
  private readonly sockets = new WebSocketServer(SERVER_OPTIONS);
  private waiting: (() => void)[] = [];

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly authorizer: UpgradeAuthorizer,
    private readonly delivery: EventDelivery,
    private readonly metrics: PushMetrics,
    @Optional() @Inject(TRACER) private readonly tracer?: Tracer,
  ) {}

  onApplicationBootstrap(): void {
    const server = this.adapterHost.httpAdapter.getHttpServer() as Server;
    server.on(WEBSOCKET, (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy());
      this.waiting.push(() => void this.upgrade(request, socket, head));
      if (this.waiting.length === 1) this.takeTurns();
    });
    this.sockets.on('headers', (headers, request) => headers.push(`X-Request-Id: ${callIdOf(request)}`));
    this.sockets.on('wsClientError', (error, socket, request) =>
      this.refuse(noHandshake(error.message), request, socket),
    );
  }

  /** Lets nobody in any more, says goodbye to every peer, and waits until all are gone. */
  async onModuleDestroy(): Promise<void> {
    const gone = new Promise((resolve) => this.sockets.close(resolve));
    for (const socket of this.sockets.clients) socket.close(CLOSE_GOING_AWAY, 'the service is stopping');
    await gone;
  }

  private takeTurns(): void {
    setImmediate(() => {
      for (const begin of this.waiting.slice(0, UPGRADES_A_TURN)) begin();
      this.waiting = this.waiting.slice(UPGRADES_A_TURN);
      if (this.waiting.length > 0) this.takeTurns();
    });
  }

  private async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    try {
      requireHandshake(request);
      const subscription = await this.authorizer.authorize(request);
      // the check and the subscriber's place in the count are one step: nothing is awaited between them
      this.delivery.requireRoomFor(subscription);
      this.sockets.handleUpgrade(request, socket, head, (ws) => this.welcome(ws, subscription));
    } catch (error) {
      this.refuse(error, request, socket);
    }
  }

  private welcome(socket: WebSocket, subscription: Subscription): void {
    const subscriber = new Subscriber(
      socket,
      subscription,
      (left) => this.delivery.remove(left),
      this.tracer,
    );
    socket.on('error', (error) => this.logger.debug(`a socket failed: ${error.message}`));
    void this.delivery.add(subscriber);
  }

  /** Refuses an upgrade as the HTTP calls do: status and envelope. */
  private refuse(error: unknown, request: IncomingMessage, socket: Duplex): void {
    const callId = callIdOf(request);
    const { status, code } = refuseOnSocket(socket, error, callId);
    if (status === 500) this.logger.error({ requestId: callId, err: error });
    this.metrics.refused(code);
  }
}

/** What a call's head is held to as well, and what the handshake needs besides that the library does not look at. */
function requireHandshake(request: IncomingMessage): void {
  const fault = faultOfHead(request);
  if (fault) throw fault;
  if (request.httpVersion === '1.0') throw noHandshake('it needs HTTP/1.1');
}

const noHandshake = (why: string): ApiError =>
  new ApiError('INVALID_PARAMETER', `not a WebSocket handshake: ${why}`);
