import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { takeChangesInTurns } from './change-turns.ts';

/** A server that tells which requests it has taken. */
function watchedServer() {
  const server = new EventEmitter();
  const taken: string[] = [];
  server.on('request', ({ name }) => taken.push(name));
  takeChangesInTurns({ server } as unknown as FastifyInstance, { count: 0 });
  const ask = (method: string, name: string) => {
    const socket = { destroyed: false };
    server.emit('request', { method, name, socket }, {});
    return socket;
  };
  return { taken, ask };
}

test('while others read, changes that come together are taken one in a turn, in their order', async () => {
  const { taken, ask } = watchedServer();
  ask('GET', 'read');
  for (const name of ['a', 'b', 'c']) ask('PUT', name);
  ask('GET', 'another read');
  const atOnce = [...taken];
  await nextTurn();
  await nextTurn();
  await nextTurn();

  assert.deepEqual(atOnce, ['read', 'a', 'another read']);
  assert.deepEqual(taken.slice(3), ['b', 'c']);
});

test('while nobody reads they are taken as they come', () => {
  const { taken, ask } = watchedServer();
  for (const name of ['a', 'b', 'c']) ask('PUT', name);

  assert.deepEqual(taken, ['a', 'b', 'c']);
});

test('a change whose sender went away while it waited is not begun', async () => {
  const { taken, ask } = watchedServer();
  ask('GET', 'read');
  const [, gone] = ['a', 'b', 'c'].map((name) => ask('PUT', name));
  assert(gone);
  gone.destroyed = true;
  await nextTurn();
  await nextTurn();
  await nextTurn();

  assert.deepEqual(taken, ['read', 'a', 'c']);
});
