import pg from 'pg';
import type { DataSourceOptions, EntityTarget } from 'typeorm';
import { DatabasePool } from './database-pool.js';
import { InitialSchema1764000000000 } from './migrations/1764000000000-initial-schema.js';
import { Fills1764100000000 } from './migrations/1764100000000-fills.js';
import { ApiKeyRules1764200000000 } from './migrations/1764200000000-api-key-rules.js';
import { OrderNotes1764250000000 } from './migrations/1764250000000-order-notes.js';
import { Lists1764300000000 } from './migrations/1764300000000-lists.js';
import { EventPartitions1764400000000 } from './migrations/1764400000000-event-partitions.js';
import { CheapChecks1764500000000 } from './migrations/1764500000000-cheap-checks.js';
import { RequireRows1764600000000 } from './migrations/1764600000000-require-rows.js';
import { EventsBySequence1764700000000 } from './migrations/1764700000000-events-by-sequence.js';
import { AnyWords1764800000000 } from './migrations/1764800000000-any-words.js';
import { FormerTakers1764810000000 } from './migrations/1764810000000-former-takers.js';
import { OpenOrders1764820000000 } from './migrations/1764820000000-open-orders.js';
import { WalletSignatures1764830000000 } from './migrations/1764830000000-wallet-signatures.js';
import { WhoPeopleAre1764900000000 } from './migrations/1764900000000-who-people-are.js';
import { SuspendedOrders1764900000001 } from './migrations/1764900000001-suspended-orders.js';
import { LeanHotTables1765000000000 } from './migrations/1765000000000-lean-hot-tables.js';
import { LocksOfTaker1765100000000 } from './migrations/1765100000000-locks-of-taker.js';
import { Certificates1765200000000 } from './migrations/1765200000000-certificates.js';

/** Connections of one process. */
export const POOL_SIZE = 20;
/** How long a call waits for one of them, or for a new one. */
const POOL_TIMEOUT_MS = 5_000;

/** How every application, the TypeORM command line and the tests connect. */
export function dataSourceOptions(
  url: string | undefined,
  entities: EntityTarget<object>[],
): DataSourceOptions {
  return {
    type: 'postgres',
    url,
    entities: entities as Function[],
    migrations: [
      InitialSchema1764000000000,
      Fills1764100000000,
      ApiKeyRules1764200000000,
      OrderNotes1764250000000,
      Lists1764300000000,
      EventPartitions1764400000000,
      CheapChecks1764500000000,
      RequireRows1764600000000,
      EventsBySequence1764700000000,
      AnyWords1764800000000,
      FormerTakers1764810000000,
      OpenOrders1764820000000,
      WalletSignatures1764830000000,
      WhoPeopleAre1764900000000,
      SuspendedOrders1764900000001,
      LeanHotTables1765000000000,
      LocksOfTaker1765100000000,
      Certificates1765200000000,
    ],
    migrationsTransactionMode: 'each',
    synchronize: false,
    // everything the schema needs is in PostgreSQL itself, and the service's role need not create extensions
    installExtensions: false,
    driver: { ...pg, Pool: DatabasePool },
    poolSize: POOL_SIZE,
    connectTimeoutMS: POOL_TIMEOUT_MS,
  };
}
