export { EmbeddedPostgres } from './embedded-postgres.js';
export { openDatabase, type OpenDatabase, openPreparedDatabase, requireDatabase } from './open-database.js';
