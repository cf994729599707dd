import type { Client } from 'pg';

/** The role as which the service, the worker and the tools use the embedded PostgreSQL: no superuser, owner of what it uses. */
export const ROLE = 'lockstep';
/** Any fixed number: the advisory lock under which one process at a time makes roles and databases. */
const ADMINISTRATION_LOCK = 7_205_760;

/** Statements that hand over to the role what the superuser owns of a database; partitions are tables, and indexes follow. */
const HAND_OVER = `
  SELECT format('ALTER %s %s OWNER TO ${ROLE}', kind, name) AS statement FROM (
    SELECT 'TABLE IF EXISTS' AS kind, oid::regclass::text AS name, relowner AS owner, relnamespace AS namespace FROM pg_class c
      WHERE relkind IN ('r', 'p', 'v', 'm') OR relkind = 'S' AND NOT EXISTS ( -- that of a column follows its table
        SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype IN ('a', 'i'))
    UNION ALL
    SELECT 'ROUTINE', oid::regprocedure::text, proowner, pronamespace FROM pg_proc
    UNION ALL
    SELECT 'TYPE', oid::regtype::text, typowner, typnamespace FROM pg_type t
      WHERE typtype IN ('d', 'e', 'r') OR EXISTS (SELECT FROM pg_class WHERE oid = t.typrelid AND relkind = 'c')
    UNION ALL
    SELECT 'SCHEMA', nspname, nspowner, oid FROM pg_namespace
    UNION ALL
    SELECT 'DATABASE', quote_ident(datname), datdba, 'public'::regnamespace FROM pg_database
      WHERE datname = current_database()
  ) AS objects WHERE owner = current_user::regrole AND namespace = 'public'::regnamespace`;

/** As the superuser: makes the role, where it is missing, and a database of its own. */
export async function makeDatabase(
  server: Client,
  password: string,
  name: string,
  options: string,
): Promise<void> {
  // until the connection ends
  await server.query('SELECT pg_advisory_lock($1)', [ADMINISTRATION_LOCK]);
  const { rowCount: roles } = await server.query('SELECT FROM pg_roles WHERE rolname = $1', [ROLE]);
  if (!roles) await server.query(`CREATE ROLE ${ROLE} LOGIN PASSWORD '${password}'`);
  const { rowCount: databases } = await server.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  if (!databases) await server.query(`CREATE DATABASE ${name} OWNER ${ROLE} ${options}`);
}

/** As the superuser: hands over what a version made that used the database as superuser. Each by itself, not to hold up its users. */
export async function handOver(database: Client): Promise<void> {
  const { rows } = await database.query<{ statement: string }>(HAND_OVER);
  for (const { statement } of rows) await database.query(statement);
}
