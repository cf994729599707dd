import { APPLICATION_PREFIX, PreparedStatement, TRANSACTION_LIMIT_MS } from '#database';

/** A transaction that has drawn a number from the sequence of the log, and has not ended. */
export interface NumberHolder {
  /** PostgreSQL's name of it, until its end. */
  transaction: string;
  /** Whether it was begun by a service or tool of ours, and so is bounded. */
  is_ours: boolean;
  is_prepared: boolean;
  /** Not of one that is prepared. */
  begun_at: Date;
}

/**
 * Who draws a number locks the sequence until the end of its transaction, so that nobody else's transactions matter. What
 * only reads, a dump for instance, takes the weakest lock.
 */
export const NUMBER_HOLDERS = new PreparedStatement<NumberHolder>(
  'number_holders',
  `SELECT l.virtualtransaction AS transaction, l.pid IS NULL AS is_prepared, a.xact_start AS begun_at,
      a.application_name IS NOT NULL AND starts_with(a.application_name, '${APPLICATION_PREFIX}') AS is_ours
    FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'relation' AND l.relation = 'order_events_seq'::regclass AND l.mode <> 'AccessShareLock'
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
);

/**
 * `open`: a number may still come. `dead`: all transactions that could have drawn it have ended. `overdue`: only somebody
 * else's are left, and for longer than one of ours can last.
 */
export type GapVerdict = 'open' | 'dead' | 'overdue';

/**
 * Decides about the numbers up to one that has been read, of which some are missing: they were all drawn before, and
 * whoever drew them is known by the lock. What is missing in a reading after those have ended will never come.
 */
export class GapWatch {
  private readonly since = performance.now();
  private suspects: ReadonlySet<string> | undefined;

  /** `upTo`: a number that was read, and not missing. */
  constructor(readonly upTo: bigint) {}

  /** Who holds numbers now, as it was asked after the watch began; the verdict counts for what is read after it was asked. */
  judge(holders: NumberHolder[]): GapVerdict {
    this.suspects ??= new Set(holders.map(({ transaction }) => transaction));
    // one that is prepared goes on under another name
    const left = holders.filter(
      ({ transaction, is_prepared }) => is_prepared || this.suspects!.has(transaction),
    );
    if (left.length === 0) return 'dead';
    const isOverdue = performance.now() - this.since > TRANSACTION_LIMIT_MS;
    return isOverdue && left.every(({ is_ours }) => !is_ours) ? 'overdue' : 'open';
  }
}
