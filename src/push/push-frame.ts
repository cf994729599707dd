import type { OrderEvent, PushMessage } from '#events';
import type { Span, Tracer } from '#tracing';

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

/** The span of a push, in the trace of the change that it tells of. */
export function beginPush(tracer: Tracer, { event, type, id }: PushFrame, kind: string): Span | undefined {
  const { traceparent } = event.actor;
  if (traceparent === undefined) return undefined;
  return tracer.begin(`push ${type}`, traceparent, {
    kind: 'producer',
    attributes: {
      'lockstep.socket': kind,
      'lockstep.message.id': id,
      'lockstep.order_hash': event.order_hash,
      'lockstep.request.id': event.request_id ?? undefined,
    },
  });
}
