import type { Client } from 'pg';
import type { Way } from './route.js';

/** Leads a client of node-postgres that is not connected yet another way than it was made for, which it has no public means for. */
export function lead(client: Client, { host, port, tls }: Way): void {
  Object.assign(client, { host, port, ssl: tls });
  Object.assign(client.connection, { ssl: tls });
}
