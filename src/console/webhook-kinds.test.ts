import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventTypes } from '../domain/project-event.ts';
import { kindsText, typesOfKinds, webhookKinds } from './webhook-kinds.ts';

test('the kinds have every type of event, each once', () => {
  const types = webhookKinds.flatMap((kind) => kind.types);

  assert.deepEqual(types.toSorted(), eventTypes.toSorted());
});

test('all kinds are all there is and will be, fewer are their types', () => {
  assert.equal(typesOfKinds(new Set(webhookKinds.map(({ name }) => name))), null);
  assert.deepEqual(typesOfKinds(new Set(['Downloads'])), ['vitrine.share.downloaded']);
});

test('what a webhook is told of is said in kinds, and by types where a kind is not whole', () => {
  const requests = typesOfKinds(new Set(['Requests'])) ?? [];

  assert.equal(kindsText(null), 'Everything');
  assert.equal(kindsText([...requests, 'vitrine.share.left']), 'Requests, vitrine.share.left');
});
