import type { Generated } from 'kysely';
import type { ImageEvent } from '../domain/event.ts';

/** An event that waits to be delivered; it was written in the transaction of the change. */
export interface EventRow {
  /** The order of delivery. */
  id: Generated<number>;
  /** UUID. */
  message_id: string;
  event_type: ImageEvent['type'];
  priority: ImageEvent['priority'];
  /** JSON. */
  payload: string;
  created_at: number;
}

/** The newest event that a sink has taken. */
export interface EventCursorRow {
  sink: string;
  event_id: number;
}

export interface EventTables {
  events: EventRow;
  event_cursors: EventCursorRow;
}
