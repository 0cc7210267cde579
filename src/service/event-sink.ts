import type { StoredEvent } from '../database/events.ts';

/** An event as the field's programs read it. @see oslo.messaging, notification messages */
export interface EventMessage {
  /** UUID; the same whenever the event is delivered again. */
  readonly message_id: string;
  readonly publisher_id: string;
  readonly event_type: string;
  readonly priority: 'INFO' | 'ERROR';
  /** UTC, `YYYY-MM-DD HH:MM:SS.ffffff`. */
  readonly timestamp: string;
  readonly payload: unknown;
}

/** Where events go. */
export interface EventSink {
  /** Known for ever: how far a sink was told is remembered by it. */
  readonly name: string;
  /** Takes events in order; what it throws makes all of them come again. @param signal ends an attempt */
  deliver(messages: readonly EventMessage[], signal: AbortSignal): Promise<void>;
  /** Lets go of what it holds, when the last events are delivered. */
  close?(): Promise<void>;
}

/** Writes a line for each event. @param write is done when it returns */
export function logSink(write: (fields: { event: EventMessage }, text: string) => void): EventSink {
  return {
    name: 'log',
    async deliver(messages) {
      for (const event of messages) write({ event }, event.event_type);
    },
  };
}

/** The message that tells of an event. */
export function messageOf(
  { messageId, event, at }: StoredEvent,
  publisherId: string,
): EventMessage {
  return {
    message_id: messageId,
    publisher_id: publisherId,
    event_type: event.type,
    priority: event.priority,
    timestamp: at.toISOString().replace('T', ' ').replace('Z', '000'),
    payload: event.payload,
  };
}
