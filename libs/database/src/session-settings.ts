import { WAITS_MS } from '#config';

const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000;

/** SQL: how long a statement may take at the server. */
export const statementTimeout = (isLimited: boolean): string =>
  `SET statement_timeout = ${isLimited ? WAITS_MS.statement : 0}`;

/**
 * SQL: what a database or role may have set otherwise, and what the service relies on. As statements, since PgBouncer
 * refuses most of them as parameters of a start. The last tells whether the server is a standby.
 */
export const SESSION_SETTINGS = `
  SET lock_timeout = 0;
  SET idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_TIMEOUT_MS};
  SET idle_session_timeout = 0;
  SET client_encoding = 'UTF8';
  SET DateStyle = 'ISO, MDY';
  SET IntervalStyle = 'postgres';
  SET TimeZone = 'UTC';
  SET standard_conforming_strings = on;
  SET bytea_output = 'hex';
  SET search_path = "$user", public;
  SET default_transaction_isolation = 'read committed';
  SET default_transaction_read_only = off;
  SET default_transaction_deferrable = off;
  SHOW in_hot_standby`;
