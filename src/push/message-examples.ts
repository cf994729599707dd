import { EXAMPLES } from '../http/json/fields.js';
import type { MESSAGE_SCHEMAS } from './message-schemas.js';

const ID = '00000000000004d25f3c1a9b8e7d6c50';
const expires_at = '2026-01-17T04:00:24.123Z';
const { maker, taker, hash: order_hash, uuid, time: timestamp } = EXAMPLES;

/** A message of each type, as it may come. */
export const MESSAGE_EXAMPLES: Record<keyof typeof MESSAGE_SCHEMAS, object> = {
  cancellation_request: {
    type: 'cancellation_request',
    id: ID,
    timestamp,
    data: {
      order_hash,
      maker,
      reason: 'user_requested',
      metadata: {
        request_id: uuid,
        taker_address: taker,
        expires_at: '2026-01-17T03:01:24.123Z',
        on_timeout: 'keep_locked',
        redelivered: false,
      },
    },
  },
  order_status_change: {
    type: 'order_status_change',
    id: ID,
    timestamp,
    data: {
      order_hash,
      maker,
      taker,
      from_status: 'pending',
      to_status: 'locked',
      metadata: { taker_address: taker, lock_id: uuid, expires_at },
    },
  },
  order_book_change: {
    type: 'order_book_change',
    id: ID,
    timestamp,
    data: { order_hash, maker, from_status: 'pending', to_status: 'locked' },
  },
  cancellation_update: {
    type: 'cancellation_update',
    id: ID,
    timestamp,
    data: {
      order_hash,
      order_id: uuid,
      request_id: uuid,
      status: 'rejected',
      resolved_by: 'answer',
      late: false,
      message: 'The order is at the exchange already',
    },
  },
  resync: {
    type: 'resync',
    id: ID,
    timestamp,
    data: { after: '00000000000000010000000000000000', kept_since: '2025-12-18T00:00:00.000Z' },
  },
  heartbeat: { type: 'heartbeat', timestamp: 1768618824123 },
};
