import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { syncGateIsOpen, throughSyncGate } from './sync-gate.ts';

/** A sync that takes until it is told to end. */
function heldSync() {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const sync = { hasBegun: false, end: resolve, fail: reject };
  const done = throughSyncGate(() => {
    sync.hasBegun = true;
    return promise;
  });
  return Object.assign(sync, { done });
}

test('three syncs run at once, and whoever waits begins as soon as one of them ends, or fails', async () => {
  assert.equal(syncGateIsOpen(), true);
  const [first, second, third, fourth, fifth] = [1, 2, 3, 4, 5].map(heldSync);
  assert.ok(first && second && third && fourth && fifth);
  const begun = () => [first, second, third, fourth, fifth].filter(({ hasBegun }) => hasBegun);
  assert.deepEqual(begun(), [first, second, third]);
  assert.equal(syncGateIsOpen(), false);

  second.fail(new Error('The disk is gone.'));
  await assert.rejects(second.done, /The disk is gone/);
  await setImmediate();
  assert.deepEqual(begun(), [first, second, third, fourth]);
  assert.equal(syncGateIsOpen(), false);

  for (const sync of [first, third, fourth]) sync.end();
  await setImmediate();
  assert.equal(fifth.hasBegun, true);
  assert.equal(syncGateIsOpen(), true);
  fifth.end();
  await Promise.all([first.done, third.done, fourth.done, fifth.done]);
});

test('places that were given up can be had again, and no more of them', async () => {
  const syncs = [1, 2, 3, 4].map(heldSync);

  assert.deepEqual(
    syncs.map(({ hasBegun }) => hasBegun),
    [true, true, true, false],
  );
  for (const sync of syncs) sync.end();
  await Promise.all(syncs.map(({ done }) => done));
});
