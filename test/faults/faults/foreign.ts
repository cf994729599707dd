import type { Client } from 'pg';
import type { Fleet } from '../fleet.js';
import type { Pair } from '../pair.js';
import type { Fault } from './fault.js';

const ORDERS_MEANWHILE = 30;
const OTHER_DATABASE = 'of_others';
const PREPARED = 'left behind';
const WRITE = 'CREATE TABLE IF NOT EXISTS notes_of_others (note text)';

/** Somebody else's transaction, which has a number and does nothing. */
export const foreignHere: Fault<Pair> = {
  name: 'a foreign transaction idle in the same database',
  times: 1,
  inject: ({ fleet, traffic }) =>
    beside(fleet.cluster.url.href, fleet, async (other) => {
      await traffic.goOn(ORDERS_MEANWHILE);
      await other.query('ROLLBACK');
    }),
};

export const foreignElsewhere: Fault<Pair> = {
  name: 'a foreign transaction idle in another database',
  times: 1,
  async inject({ fleet, traffic }) {
    await fleet.cluster.query(`CREATE DATABASE ${OTHER_DATABASE}`);
    const url = new URL(fleet.cluster.url);
    url.pathname = `/${OTHER_DATABASE}`;
    return beside(url.href, fleet, async (other) => {
      await traffic.goOn(ORDERS_MEANWHILE);
      await other.query('ROLLBACK');
    });
  },
};

/** It outlives its connection. */
export const foreignPrepared: Fault<Pair> = {
  name: 'a foreign transaction prepared and left',
  times: 1,
  inject: ({ fleet, traffic }) =>
    beside(fleet.cluster.url.href, fleet, async (other) => {
      await other.query(`PREPARE TRANSACTION '${PREPARED}'`);
      try {
        await traffic.goOn(ORDERS_MEANWHILE);
      } finally {
        await other.query(`ROLLBACK PREPARED '${PREPARED}'`);
      }
    }),
};

async function beside(
  url: string,
  { cluster }: Fleet<Pair>,
  work: (other: Client) => Promise<void>,
): Promise<number> {
  const other = await cluster.connect(url);
  try {
    await other.query('BEGIN');
    await other.query(WRITE);
    await work(other);
  } finally {
    await other.end();
  }
  return 1;
}
