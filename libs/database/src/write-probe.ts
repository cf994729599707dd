import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';

/**
 * What every change of an order needs, without a change: a database that lets this role write, a log that is flushed, and
 * the consent of the synchronous standby. The UPDATE is refused wherever others would be, and finds no row.
 */
const WRITE = `
  WITH nothing AS (UPDATE orders SET version = version WHERE false)
  SELECT pg_logical_emit_message(true, 'lockstep', 'ready')`;

/** A write over the pool that calls use. */
export interface Probe {
  /** Rejects when the database refuses the write. */
  written: Promise<void>;
  /** Ends it at the server. */
  cancel: () => Promise<void>;
}

/** Finds out whether the database takes writes. */
@Injectable()
export class WriteProbe {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  begin(): Probe {
    let pid: number | undefined;
    const write = async (): Promise<void> => {
      const runner = this.dataSource.createQueryRunner();
      try {
        const [session] = (await runner.query('SELECT pg_backend_pid() AS pid')) as [{ pid: number }];
        pid = session.pid;
        await runner.query(WRITE);
      } finally {
        pid = undefined;
        await runner.release();
      }
    };
    return { written: write(), cancel: () => this.cancel(pid) };
  }

  /** A commit that waits for a standby outlives its client, and each would keep a connection of the server. */
  private async cancel(pid: number | undefined): Promise<void> {
    if (pid === undefined) return;
    const cancel = 'SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND query = $2';
    await this.dataSource.query(cancel, [pid, WRITE]).catch(() => {});
  }
}
