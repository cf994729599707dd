import { type DatabaseAddress, LaunchError } from '#config';
import { DatabaseError } from 'pg';
import { driverError, isDatabaseAway, messageOf, NoAnswerError } from './database-errors.js';
import { Route } from './route.js';

const NOT_TRUSTED = new Set([
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
/** What node-postgres says without a code. */
const NO_TLS = 'The server does not support SSL connections';

/** Which database a URL leads to, without its user and password. */
export function placeOf(url: string): string {
  const { hosts, database } = Route.to(url).address;
  return `${hosts.map(({ host, port }) => `${host}:${port}`).join(',')}/${database ?? ''}`;
}

/** What an operator can mend, in one line; an error that is not the database's stays as it is. */
export function asLaunchError(error: unknown, url: string): unknown {
  if (!isDatabaseAway(error)) return error;
  const { address } = Route.to(url);
  const cause = driverError(error) as Error;
  const remedy = remedyFor(cause, address);
  const reason = [messageOf(cause), ...(remedy ? [remedy] : [])].join(': ');
  return new LaunchError(
    `cannot use the database at ${placeOf(url)}: ${reason}`.replaceAll(/\s*\n\s*/g, ' '),
  );
}

function remedyFor(error: Error, { user, database }: DatabaseAddress): string | undefined {
  if (error instanceof DatabaseError) return remedyForState(error.code, user, database);
  const { code } = (error.cause ?? error) as NodeJS.ErrnoException;
  if (error instanceof NoAnswerError) {
    return 'look for what holds its packets back, or correct host and port in DATABASE_URL';
  }
  if (error.message === NO_TLS) return 'set sslmode=disable in DATABASE_URL, or switch TLS on there';
  if (NOT_TRUSTED.has(code ?? '')) {
    return "name the authority of the server's certificate as sslrootcert in DATABASE_URL";
  }
  switch (code) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'use the name of its certificate in DATABASE_URL, or sslmode=verify-ca';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'correct the host in DATABASE_URL, or the name service';
    case 'ECONNREFUSED':
      return 'start PostgreSQL there, or correct host and port in DATABASE_URL';
    case 'ENOENT':
      return 'there is no such socket: start PostgreSQL there, or correct host and port in DATABASE_URL';
  }
  return undefined;
}

function remedyForState(state: string | undefined, user = '', database = ''): string | undefined {
  switch (state) {
    case '28P01':
      return 'correct the user or the password in DATABASE_URL';
    case '28000':
      return 'let this role in (CREATE ROLE, LOGIN, pg_hba.conf), or correct DATABASE_URL';
    case '3D000':
      return `create it (CREATE DATABASE "${database}"), or correct its name in DATABASE_URL`;
    case '42501':
      return (
        `the role must own the tables and be allowed to make them: ` +
        `GRANT CREATE, USAGE ON SCHEMA public TO "${user}"`
      );
    case '53300':
      return 'raise max_connections, or start fewer instances';
  }
  return undefined;
}
