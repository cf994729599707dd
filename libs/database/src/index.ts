export { databaseNow } from './database-clock.js';
export { isDatabaseAway, violatesUnique } from './database-errors.js';
export { dataSourceOptions, POOL_SIZE } from './data-source-options.js';
export { applyFilter, type Conditions } from './filter.js';
export { EmbeddedPostgres, freePort } from './embedded-postgres.js';
export { migrate } from './migrate.js';
export { OpenDataSourceModule } from './open-data-source.module.js';
export { type Narrow, type Page, type PageRequest, readPage, readPageItems } from './page.js';
export { openDatabase, type OpenDatabase, openPreparedDatabase } from './open-database.js';
