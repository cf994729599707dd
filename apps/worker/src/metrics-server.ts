import { once } from 'node:events';
import { createServer } from 'node:http';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LaunchError, SETTINGS, type Settings } from '#config';
import { Registry } from 'prom-client';

/** `/metrics` of a worker, which has nothing else to serve; only with WORKER_METRICS_PORT. */
@Injectable()
export class MetricsServer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    this.registry.metrics().then(
      (text) => response.setHeader('content-type', Registry.PROMETHEUS_CONTENT_TYPE).end(text),
      () => response.writeHead(500).end(),
    );
  });

  constructor(
    private readonly registry: Registry,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { HOST: host, WORKER_METRICS_PORT: port } = this.settings;
    if (port === undefined) return;
    try {
      await once(this.server.listen(port, host), 'listening');
    } catch (error) {
      const reason = (error as Error).message;
      throw new LaunchError(`cannot listen on ${host}:${port} (HOST, WORKER_METRICS_PORT): ${reason}`);
    }
  }

  onModuleDestroy(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
