import type { IncomingMessage, Server } from 'node:http';
import {
  Controller,
  Get,
  Header,
  Inject,
  NotFoundException,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  Req,
} from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { LaunchError, SETTINGS, type Settings, withinRanges } from '#config';
import { serveMetrics, stopServing } from '#metrics';
import type { FastifyRequest } from 'fastify';
import { Registry } from 'prom-client';

const isLoopback = withinRanges(['127.0.0.0/8', '::1']);

/**
 * The figures for Prometheus. They need no key, so they are for the inside: with METRICS_PORT on that port, otherwise on the
 * API's for this machine alone.
 */
@ApiExcludeController()
@Controller('metrics')
export class MetricsController implements OnApplicationBootstrap, OnModuleDestroy {
  private server: Server | undefined;

  constructor(
    private readonly registry: Registry,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { HOST: host, METRICS_PORT: port } = this.settings;
    if (port === undefined) return;
    try {
      this.server = await serveMetrics(this.registry, port, host);
    } catch (error) {
      const reason = (error as Error).message;
      throw new LaunchError(`cannot listen on ${host}:${port} (HOST, METRICS_PORT): ${reason}`);
    }
  }

  onModuleDestroy(): void {
    stopServing(this.server);
  }

  @Get()
  @Header('content-type', Registry.PROMETHEUS_CONTENT_TYPE)
  metrics(@Req() { raw }: FastifyRequest): Promise<string> {
    if (this.settings.METRICS_PORT !== undefined || !isFromThisMachine(raw)) {
      throw new NotFoundException();
    }
    return this.registry.metrics();
  }
}

/** A proxy on this machine passes on what comes from elsewhere, and says so. */
function isFromThisMachine({ socket, headers }: IncomingMessage): boolean {
  const isPassedOn = headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined;
  return isLoopback(socket.remoteAddress ?? '') && !isPassedOn;
}
