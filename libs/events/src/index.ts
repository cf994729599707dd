export { type BusReceiver, type EventBatch, EventBus } from './event-bus.js';
export { EventBusModule } from './event-bus.module.js';
export { type EventCursor, cursorAt } from './event-cursor.js';
export { eventId, isEventId, secondId, seqOf } from './event-id.js';
export { appendEvents, EventLog, type NewOrderEvent } from './event-log.js';
export { EventHistories, type EventHistory, type HistoryRequest } from './event-histories.js';
export { EventPartitions, EVENTS_KEPT_SINCE } from './event-partitions.js';
export { type Audience, EventReplay, REPLAY_ROWS, type TakerAudience } from './event-replay.js';
export { type BatchSource, EventTail, type TailListener } from './event-tail.js';
export { EventsModule } from './events.module.js';
export {
  isForEveryTaker,
  MAKER_MESSAGE_TYPES,
  makerMessage,
  type PushMessage,
  type ResyncMessage,
  resyncMessage,
  TAKER_MESSAGE_TYPES,
  takerMessage,
} from './messages.js';
export { PostgresBus } from './postgres-bus.js';
export {
  type Actor,
  ACTOR_KINDS,
  type InCall,
  OrderEvent,
  type OrderEventPayload,
} from './order-event.entity.js';
export {
  messagesFor,
  messagesForEveryTaker,
  messagesForHolder,
  messagesLeft,
  takerAudience,
} from './told.js';
