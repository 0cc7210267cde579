import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomFrom } from '../remains.ts';
import { findNoOrder, type Model, type Operation } from './linearizability.ts';

/** A number that is read and set. */
const register: Model = {
  initial: '0',
  step: (state, { what, reply }) => {
    if (what !== 'read') return what;
    return reply === state ? state : undefined;
  },
};

const at = (begin: number, end: number, what: string, reply = ''): Operation => ({
  begin,
  end,
  what,
  reply,
});

test('what overlaps may take effect in any order', () => {
  const history = [at(0, 10, '1'), at(1, 2, 'read', '0'), at(3, 4, 'read', '1'), at(5, 20, '2')];

  assert.equal(findNoOrder([...history, at(11, 12, 'read', '1')], register), undefined);
  assert.equal(findNoOrder([...history, at(11, 12, 'read', '2')], register), undefined);
});

test('what was answered before something was asked is seen by it', () => {
  const stale = at(3, 4, 'read', '0');
  const found = findNoOrder([at(0, 1, '1'), stale], register);

  assert.deepEqual(found?.stuck, [stale]);
});

test('nobody sees again what another has seen replaced', () => {
  const history = [at(0, 10, '1'), at(1, 2, 'read', '1'), at(3, 4, 'read', '0')];

  assert.notEqual(findNoOrder(history, register), undefined);
});

test('the second half of what has two comes after the first', () => {
  const half = at(0, 10, '1');
  const other = { ...at(0, 10, '2'), after: half };
  const seen = [at(11, 12, 'read', '2')];

  assert.equal(findNoOrder([half, other, ...seen], register), undefined);
  assert.notEqual(findNoOrder([half, other, at(11, 12, 'read', '1')], register), undefined);
});

test('a history that was made in some order has one, and one answer that is another breaks it', () => {
  const random = randomFrom(7);
  let state = '0';
  // Each takes effect in the middle of its time, which overlaps with that of some sixteen others.
  const history = Array.from({ length: 400 }, (_, n) => {
    const isRead = random() < 0.5;
    if (!isRead) state = String(Math.floor(random() * 1000));
    const [begin, end] = [n - 8 * random(), n + 8 * random()];
    return isRead ? at(begin, end, 'read', state) : at(begin, end, state);
  });

  assert.equal(findNoOrder(history, register), undefined);
  const wrong = history.with(200, at(199, 201, 'read', 'never'));
  assert.notEqual(findNoOrder(wrong, register), undefined);
});
