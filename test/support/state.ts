import type { DataSource } from 'typeorm';

/** Every row of the orders, their cancellation requests and their events: equal before and after a call that changed nothing. */
export async function stateOf(dataSource: DataSource): Promise<unknown> {
  const [state] = await dataSource.query<unknown[]>(`
    SELECT (SELECT jsonb_agg(o ORDER BY id) FROM orders o) AS orders,
      (SELECT jsonb_agg(r ORDER BY id) FROM cancellation_requests r) AS requests,
      (SELECT jsonb_agg(e ORDER BY seq) FROM order_events e) AS events`);
  return state;
}
