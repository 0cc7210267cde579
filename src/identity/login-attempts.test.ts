import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RetryLaterError } from '../domain/retry-later.ts';
import { loginAttempts } from './login-attempts.ts';

const limits = { perUser: 2, perAddress: 3, window: 10_000 };

/** Attempts by a clock that the test moves. */
function startAttempts() {
  let time = 1_000_000;
  const attempts = loginAttempts(() => time, limits);
  return {
    attempts,
    pass: (more: number) => {
      time += more;
    },
  };
}

test('the window slides: each failure counts for its length', () => {
  const { attempts, pass } = startAttempts();
  const who = { user: 'ada', address: '192.0.2.1' };
  attempts.failed(who);
  pass(4_000);
  attempts.failed(who);

  assert.throws(
    () => attempts.check(who),
    (error) => error instanceof RetryLaterError && error.retryAfter === 6,
  );
  pass(6_000);
  attempts.check(who);
  attempts.failed(who);
  assert.throws(() => attempts.check(who), { code: 'TooManyRequests' });
});

test('a user who fails at one address is free to log in at another', () => {
  const { attempts } = startAttempts();
  attempts.failed({ user: 'ada', address: '192.0.2.1' });
  attempts.failed({ user: 'ada', address: '192.0.2.1' });

  attempts.check({ user: 'ada', address: '192.0.2.2' });

  assert.throws(() => attempts.check({ user: 'ada', address: '192.0.2.1' }));
});

test('a success forgives the user and not the address', () => {
  const { attempts } = startAttempts();
  const who = { user: 'ada', address: '192.0.2.1' };
  attempts.failed(who);
  attempts.failed(who);
  attempts.succeeded(who);
  attempts.check(who);

  attempts.failed({ user: 'bob', address: '192.0.2.1' });

  assert.throws(() => attempts.check(who));
});

test('every address of an IPv6 network counts as one', () => {
  const { attempts } = startAttempts();
  for (const host of ['1', '2', '3:4:5:6']) {
    attempts.failed({
      user: host,
      address: `2001:db8:0:1:${host.includes(':') ? '' : ':'}${host}`,
    });
  }

  assert.throws(() => attempts.check({ user: 'new', address: '2001:db8:0:1::ffff' }));
  attempts.check({ user: 'new', address: '2001:db8:0:2::1' });
});

test('what is remembered does not grow without bound', () => {
  const { attempts } = startAttempts();
  const first = { user: 'first', address: '192.0.2.1' };
  attempts.failed(first);
  attempts.failed(first);

  for (let count = 0; count < 10_001; count += 1) {
    attempts.failed({ user: `user ${count}`, address: `host ${count}` });
  }

  attempts.check(first);
});
