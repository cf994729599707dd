import { eventId } from '../../log/event-id.js';
import type { OrderEvent } from '../../log/order-event.entity.js';
import { type EventBatch, subjectsOf } from '../event-bus.js';

/** What stands in each message of a batch: which stretch of the log it is about. */
interface Stretch {
  from: string;
  to: string;
}

/** The events of a batch that concern one subject. */
export interface BatchPart extends Stretch {
  events: OrderEvent[];
}

/** Comes after the parts of a batch, and names them. */
export interface BatchMarker extends Stretch {
  /** Of the last event, ISO 8601. */
  created_at: string;
  subjects: string[];
}

/** Batches whose marker has not come; those beyond are forgotten, and then read in the database. */
const MAX_OPEN_BATCHES = 64;

/** Takes a batch apart: a part for each subject, and the marker. */
export function takeApart({ from, to, created_at, events }: EventBatch): {
  parts: Map<string, BatchPart>;
  marker: BatchMarker;
} {
  const parts = new Map<string, BatchPart>();
  for (const event of events) {
    for (const subject of subjectsOf(event)) {
      const part = parts.get(subject) ?? { from, to, events: [] };
      part.events.push(event);
      parts.set(subject, part);
    }
  }
  return { parts, marker: { from, to, created_at: created_at.toISOString(), subjects: [...parts.keys()] } };
}

/**
 * Puts batches together again from the parts that somebody follows. What a stretch of the log holds is the same
 * whoever has read it, so that it does not matter whose message a part came with.
 */
export class BatchAssembly {
  private readonly open = new Map<string, Map<string, OrderEvent[]>>();

  addPart(subject: string, part: BatchPart): void {
    const key = keyOf(part);
    const parts = this.open.get(key) ?? new Map<string, OrderEvent[]>();
    this.open.set(key, parts.set(subject, part.events));
    if (this.open.size > MAX_OPEN_BATCHES) this.open.delete(this.open.keys().next().value!);
  }

  /** The batch that a marker ends, or nothing when a part has not come that somebody follows. */
  complete(marker: BatchMarker, isFollowed: (subject: string) => boolean): EventBatch | undefined {
    const parts = this.open.get(keyOf(marker));
    this.open.delete(keyOf(marker));
    const events = new Map<string, OrderEvent>();
    for (const subject of marker.subjects.filter(isFollowed)) {
      const part = parts?.get(subject);
      if (!part) return undefined;
      for (const sent of part) {
        const event = { ...sent, created_at: new Date(sent.created_at) };
        events.set(eventId(event), event);
      }
    }
    const { from, to, created_at } = marker;
    const inOrder = [...events].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, event]) => event);
    return { from, to, created_at: new Date(created_at), events: inOrder };
  }
}

function keyOf({ from, to }: Stretch): string {
  return `${from}-${to}`;
}
