import fastify from 'fastify';
import { Pool } from 'pg';
import { acceptStatement } from './statement.js';

/**
 * What the service is measured against: the same framework and driver, one statement a call, and nothing around them:
 * no keys, no validation, no pushes.
 */
const POOL_SIZE = 20;
const pool = new Pool({ connectionString: process.env.DATABASE_URL!, max: POOL_SIZE });
const accept = { name: 'accept', text: acceptStatement('$1') };

const app = fastify();
app.post<{ Body: { order_hash: string } }>('/api/v1/orders/cancel-result', async (request, reply) => {
  const { order_hash } = request.body;
  const { rowCount } = await pool.query({ ...accept, values: [order_hash] });
  if (!rowCount) return reply.code(404).send({ code: 404001, message: 'order not found', details: '' });
  return { code: 0, data: { success: true, message: 'Cancellation result recorded', order_hash } };
});
await app.listen({ host: process.env.HOST, port: Number(process.env.PORT) });
process.once('SIGTERM', () => void app.close().then(() => pool.end()));
