export { eventId } from './event-id.js';
export { EventLog, type NewOrderEvent } from './event-log.js';
export { EventPartitions } from './event-partitions.js';
export { EventTail } from './event-tail.js';
export { EventsModule } from './events.module.js';
export { duringHttpCall, type InCall, inCall } from './http-call.js';
export {
  isForEveryTaker,
  MAKER_MESSAGE_TYPES,
  makerMessage,
  type PushMessage,
  TAKER_MESSAGE_TYPES,
  takerMessage,
} from './messages.js';
export { type Actor, OrderEvent, type OrderEventPayload } from './order-event.entity.js';
