export { APPLICATION_NAME, APPLICATION_PREFIX } from './application-name.js';
export { CommitUnknownError } from './commit-unknown-error.js';
export { oldestCommitSeconds } from './commits-under-way.js';
export { databaseNow, READ_CLOCK } from './database-clock.js';
export { DatabaseClient } from './database-client.js';
export {
  changedOtherRowCount,
  DatabaseUnavailableError,
  isDatabaseAway,
  violatesUnique,
} from './database-errors.js';
export { DatabasePool } from './database-pool.js';
export { dataSourceOptions, POOL_SIZE } from './data-source-options.js';
export { applyFilter, type Conditions } from './filter.js';
export { columnsOf, insertStatement, pick, requireRows, typedColumnsOf } from './entity-statements.js';
export { freePort } from './free-port.js';
export { asLaunchError, placeOf } from './launch-errors.js';
export { LoadingCache } from './loading-cache.js';
export { migrate } from './migrate.js';
export { newId } from './new-id.js';
export { OpenDataSourceModule } from './open-data-source.module.js';
export { type Narrow, type Page, type PageRequest, readPage } from './page.js';
export { refuseTransactionPooling } from './pooler-check.js';
export { PreparedStatement, type Sendable } from './prepared-statement.js';
export { provideRepository } from './provide-repository.js';
export { RoundTrip } from './round-trip.js';
export { safeInteger } from './safe-integer.js';
export { SessionConnection, urlOf } from './session-connection.js';
export { withoutTimeLimits } from './time-limits.js';
export { Transaction } from './transaction.js';
export { TRANSACTION_LIMIT_MS } from './transaction-limit.js';
export { WriteProbe } from './write-probe.js';
