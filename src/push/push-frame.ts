import type { OrderEvent, PushMessage } from '#events';

/** What is told of an event, as it goes over the wire: made once for all sockets that it is sent to. */
export interface PushFrame {
  event: OrderEvent;
  type: PushMessage['type'];
  id: string;
  json: Buffer;
}

export function frameOf(event: OrderEvent, message: PushMessage): PushFrame {
  return { event, type: message.type, id: message.id, json: Buffer.from(JSON.stringify(message)) };
}

/** The cancellation requests that these frames put to a taker. */
export function requestsIn(frames: PushFrame[]): string[] {
  return frames.flatMap(({ type, event }) => (type === 'cancellation_request' ? event.request_id! : []));
}
