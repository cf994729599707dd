import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { ApiError } from '../http/refusals/api-errors.js';

/** Below the time-outs of those who ask: Kubernetes is told 3 s. */
const PROBE_TIMEOUT_MS = 2_000;
/**
 * What every change of an order needs, without a change: a database that lets this role write, a log that is flushed, and
 * the consent of the synchronous standby. The UPDATE is refused wherever others would be, and finds no row.
 */
const WRITE = `
  WITH nothing AS (UPDATE orders SET version = version WHERE false)
  SELECT pg_logical_emit_message(true, 'lockstep', 'ready')`;

/**
 * Whether calls can be served, found out by a write over the pool that calls use. There is one at a time, and everybody who
 * asks meanwhile shares its end; while one is stuck, no further one takes a connection.
 */
@Injectable()
export class Readiness {
  private readonly logger = new Logger(Readiness.name);
  private probe: Promise<void> | undefined;

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Resolves when a write was done in time. */
  check(): Promise<void> {
    this.probe ??= this.begin();
    return this.probe;
  }

  private async begin(): Promise<void> {
    const probe = new Probe(this.dataSource);
    const written = probe
      .write()
      .catch((error: Error) => {
        this.logger.warn(`a write to see whether calls can be served failed: ${error.message}`);
        throw new ApiError('UNAVAILABLE', 'the database does not take writes; the log says why');
      })
      .finally(() => (this.probe = undefined));
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        void probe.cancel();
        reject(
          new ApiError(
            'UNAVAILABLE',
            `the database did not take a write within ${PROBE_TIMEOUT_MS / 1_000} s`,
          ),
        );
      }, PROBE_TIMEOUT_MS);
    });
    await Promise.race([written, timeout]).finally(() => clearTimeout(timer));
  }
}

class Probe {
  private pid: number | undefined;

  constructor(private readonly dataSource: DataSource) {}

  async write(): Promise<void> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const [{ pid }] = (await runner.query('SELECT pg_backend_pid() AS pid')) as [{ pid: number }];
      this.pid = pid;
      await runner.query(WRITE);
    } finally {
      this.pid = undefined;
      await runner.release();
    }
  }

  /** A commit that waits for a standby outlives its client, and each would keep a connection of the server. */
  async cancel(): Promise<void> {
    if (this.pid === undefined) return;
    const cancel = 'SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND query = $2';
    await this.dataSource.query(cancel, [this.pid, WRITE]).catch(() => {});
  }
}
