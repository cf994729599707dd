import { createHash } from 'node:crypto';
import fastify from 'fastify';
import { Pool } from 'pg';
import { leanAccept } from './statement.js';

/**
 * What the service is measured against: the same framework and driver, and for each call one prepared statement, which
 * checks the key, too.
 */
const POOL_SIZE = 20;
const pool = new Pool({ connectionString: process.env.DATABASE_URL!, max: POOL_SIZE });
const answer = {
  name: 'accept',
  text: leanAccept({ keyHash: '$1', orderHash: '$2', address: '$3', message: '$4' }),
};

interface Body {
  order_hash: string;
  taker_address: string;
  message: string;
}
const body = {
  type: 'object',
  required: ['order_hash', 'taker_address', 'cancellation_success', 'message'],
  additionalProperties: false,
  properties: {
    order_hash: { type: 'string', pattern: '^0x[0-9a-fA-F]{64}$' },
    taker_address: { type: 'string', pattern: '^0x[0-9a-fA-F]{40}$' },
    cancellation_success: { const: true },
    message: { type: 'string', maxLength: 1000 },
  },
};

const bytes = (hex: string): Buffer => Buffer.from(hex.slice(2), 'hex');

const app = fastify();
app.post<{ Body: Body }>(
  '/api/v1/orders/cancel-result',
  { schema: { body } },
  async ({ headers, body: { order_hash, taker_address, message } }, reply) => {
    const keyHash = createHash('sha256').update(String(headers['x-api-key'])).digest();
    const values = [keyHash, bytes(order_hash), bytes(taker_address), message];
    const { rowCount } = await pool.query({ ...answer, values });
    if (!rowCount) return reply.code(409).send({ code: 409001, message: 'nothing to answer', details: '' });
    return { code: 0, data: { success: true, message: 'Cancellation result recorded', order_hash } };
  },
);
await app.listen({ host: process.env.HOST, port: Number(process.env.PORT) });
process.once('SIGTERM', () => void app.close().then(() => pool.end()));
