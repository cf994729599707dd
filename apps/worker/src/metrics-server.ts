import type { Server } from 'node:http';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LaunchError, SETTINGS, type Settings } from '#config';
import { serveMetrics, stopServing } from '#metrics';
import { Registry } from 'prom-client';

/** `/metrics` of a worker, which has nothing else to serve; only with WORKER_METRICS_PORT. */
@Injectable()
export class MetricsServer implements OnApplicationBootstrap, OnModuleDestroy {
  private server: Server | undefined;

  constructor(
    private readonly registry: Registry,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { HOST: host, WORKER_METRICS_PORT: port } = this.settings;
    if (port === undefined) return;
    try {
      this.server = await serveMetrics(this.registry, port, host);
    } catch (error) {
      const reason = (error as Error).message;
      throw new LaunchError(`cannot listen on ${host}:${port} (HOST, WORKER_METRICS_PORT): ${reason}`);
    }
  }

  onModuleDestroy(): void {
    stopServing(this.server);
  }
}
