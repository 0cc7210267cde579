import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError, ConnectionError } from '../client/api-error.ts';
import { adviceOn } from './advice.ts';

test('says what the service said, and what to do about it', () => {
  const refused = adviceOn(new ApiError('Not yours.', { status: 403 }));
  const busy = adviceOn(new ApiError('Too many.', { status: 429, retryAfter: 7 }));
  const odd = adviceOn(new ApiError('name: too long.', { status: 400 }));

  assert.equal(refused.problem, 'Not yours.');
  assert.match(refused.next, /roles/);
  assert.match(busy.next, /7 s/);
  assert.match(odd.next, /try again/);
});

test('says once for how long to wait, as people do', () => {
  const message = 'Codes enough. Wait 28700 s, then try again.';
  const advice = adviceOn(new ApiError(message, { status: 429, retryAfter: 28_700 }));

  assert.deepEqual(advice, { problem: 'Codes enough.', next: 'Try again in 7 h 58 min.' });
});

test('tells a service that is away from anything else', () => {
  assert.match(adviceOn(new ConnectionError('Nothing answers.')).next, /npm start/);
  assert.equal(adviceOn(new Error('odd')).problem, 'odd');
  assert.equal(adviceOn('odd').problem, 'odd');
});
