import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outageOf } from './outage.ts';

/** An outage by a clock that only the test moves, and what was logged of it. */
function startOutage() {
  let time = 0;
  const lines: string[] = [];
  const line = (fields: object, text: string) => {
    lines.push(`${time / 1000} s: ${text} (${(fields as { failed: number }).failed})`);
  };
  const outage = outageOf({
    what: 'who calls',
    log: { error: line, info: line },
    now: () => time,
  });
  return {
    lines,
    answered: () => outage.answered(),
    fail: (times = 1) => {
      for (let n = 0; n < times; n += 1) outage.failed(new Error('away'));
    },
    pass: (more: number) => {
      time += more;
    },
  };
}

test('an outage leaves a line at its start, a sum every half minute, and a line at its end', () => {
  const { lines, fail, answered, pass } = startOutage();
  answered();
  fail();

  for (let second = 1; second <= 70; second += 1) {
    pass(1000);
    fail(10);
  }
  pass(1000);
  answered();
  answered();

  assert.deepEqual(lines, [
    '0 s: Keystone cannot tell who calls. (1)',
    '30 s: Keystone cannot tell who calls. (291)',
    '60 s: Keystone cannot tell who calls. (300)',
    '71 s: Keystone tells who calls again. (109)',
  ]);
});

test('a Keystone that answers every other question leaves no more lines than one that is away', () => {
  const { lines, fail, answered, pass } = startOutage();

  for (let n = 0; n < 400; n += 1) {
    fail();
    answered();
    pass(100);
  }

  assert.deepEqual(lines, [
    '0 s: Keystone cannot tell who calls. (1)',
    '0 s: Keystone tells who calls again. (0)',
    '30 s: Keystone cannot tell who calls. (300)',
    '30 s: Keystone tells who calls again. (0)',
  ]);
});

test('failures shortly after an outage are counted, though nothing fails any more', () => {
  const { lines, fail, answered, pass } = startOutage();
  fail();
  answered();
  pass(1000);
  fail(5);
  answered();
  assert.equal(lines.length, 2);

  pass(29_000);
  answered();

  assert.deepEqual(lines.slice(2), ['30 s: Keystone tells who calls again. (5)']);
});

test('where all is well nothing is logged', () => {
  const { lines, answered, pass } = startOutage();

  for (let n = 0; n < 100; n += 1) {
    answered();
    pass(1000);
  }

  assert.deepEqual(lines, []);
});
