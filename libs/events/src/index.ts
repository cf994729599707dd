export { type Audience, type Circle, circlesOf, ROWS_OF, takerAudience } from './audience/circles.js';
export { type BusReceiver, type EventBatch, EventBus } from './bus/event-bus.js';
export { EventBusModule } from './bus/event-bus.module.js';
export { type EventCursor, cursorAt } from './log/event-cursor.js';
export { eventId, isEventId, secondId, seqOf } from './log/event-id.js';
export { CommitSignal } from './bus/commit-signal.js';
export { EventHistories, type EventHistory, type HistoryRequest } from './audience/event-histories.js';
export { EventPartitions, EVENTS_KEPT_SINCE } from './partitions/event-partitions.js';
export { EventReplay, REPLAY_ROWS, RESUMABLE_SINCE } from './audience/event-replay.js';
export { type BatchSource, EventTail, type TailListener } from './tail/event-tail.js';
export { TailLag } from './tail/tail-lag.js';
export { EventsModule } from './events.module.js';
export {
  MAKER_MESSAGE_TYPES,
  messageFor,
  messagesFor,
  messagesLeft,
  type PushMessage,
  redelivery,
  type ResyncMessage,
  resyncMessage,
  TAKER_MESSAGE_TYPES,
} from './audience/messages.js';
export { PostgresBus } from './bus/postgres/postgres-bus.js';
export {
  type Actor,
  ACTOR_KINDS,
  type InCall,
  OrderEvent,
  type OrderEventPayload,
  type Traced,
} from './log/order-event.entity.js';
export { type NewOrderEvent, OrderEventRepository } from './log/order-event.repository.js';
