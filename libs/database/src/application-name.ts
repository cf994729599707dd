/** How PostgreSQL names this process's connections (pg_stat_activity), to tell them from those of others. */
export const APPLICATION_NAME = `lockstep ${process.pid}`;
