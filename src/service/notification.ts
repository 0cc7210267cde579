import type { EventMessage } from './event-sink.ts';

/** An event as it goes to a broker. */
export interface Notification {
  /** The topic and the priority, which queues are bound by. */
  readonly routingKey: string;
  readonly body: Buffer;
}

/** The most recent envelope of oslo.messaging, that of its driver `messagingv2`. */
const envelopeVersion = '2.0';

/**
 * An event in the form of oslo.messaging's notifications, for one topic. Its listeners know a message that comes again
 * by `_unique_id`, which is therefore the event's.
 */
export function notificationOf(message: EventMessage, topic: string): Notification {
  const told = { ...message, _unique_id: message.message_id.replaceAll('-', '') };
  const envelope = { 'oslo.version': envelopeVersion, 'oslo.message': JSON.stringify(told) };
  return {
    routingKey: `${topic}.${message.priority.toLowerCase()}`,
    body: Buffer.from(JSON.stringify(envelope)),
  };
}
