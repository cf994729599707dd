import { Injectable, Logger } from '@nestjs/common';
import { WriteProbe } from '#database';
import { ApiError } from '../http/refusals/api-errors.js';

/** Below the time-outs of those who ask: Kubernetes is told 3 s. */
const PROBE_TIMEOUT_MS = 2_000;

/**
 * Whether calls can be served, found out by a write over the pool that calls use. There is one at a time, and everybody who
 * asks meanwhile shares its end; while one is stuck, no further one takes a connection.
 */
@Injectable()
export class Readiness {
  private readonly logger = new Logger(Readiness.name);
  private probe: Promise<void> | undefined;

  constructor(private readonly writes: WriteProbe) {}

  /** Resolves when a write was done in time. */
  check(): Promise<void> {
    this.probe ??= this.begin();
    return this.probe;
  }

  private async begin(): Promise<void> {
    const probe = this.writes.begin();
    const written = probe.written
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
