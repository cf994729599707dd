/** With which the names of all our connections begin (pg_stat_activity): it tells them from those of others. */
export const APPLICATION_PREFIX = 'lockstep ';

/** How PostgreSQL names this process's connections. */
export const APPLICATION_NAME = `${APPLICATION_PREFIX}${process.pid}`;
