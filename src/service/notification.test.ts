import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventMessage } from './event-sink.ts';
import { notificationOf } from './notification.ts';

const message: EventMessage = {
  message_id: '0b7d6a52-6f0e-4b66-9c1c-2f6f1c9a0f4e',
  publisher_id: 'image.host1',
  event_type: 'image.create',
  priority: 'INFO',
  timestamp: '2026-01-02 03:04:05.678000',
  payload: { id: '1', name: 'Größe' },
};

test('an event is told in the envelope of oslo.messaging, for the queue of its priority', () => {
  const { routingKey, body } = notificationOf(message, 'notifications');

  const { 'oslo.message': inner, ...envelope } = JSON.parse(body.toString());
  assert.equal(routingKey, 'notifications.info');
  assert.deepEqual(envelope, { 'oslo.version': '2.0' });
  assert.deepEqual(JSON.parse(inner), {
    ...message,
    _unique_id: '0b7d6a526f0e4b669c1c2f6f1c9a0f4e',
  });
});

test('what failed goes to the queue of errors of each topic', () => {
  const failed: EventMessage = { ...message, priority: 'ERROR', payload: 'The upload failed.' };

  assert.equal(notificationOf(failed, 'billing').routingKey, 'billing.error');
});
