import assert from 'node:assert/strict';
import { test } from 'node:test';
import { vouching } from './vouching.ts';

/** A source that is looked at by ten bytes, and what it was asked for. */
function watchedSource() {
  const asked: number[] = [];
  const vouchFor = async (position: number) => {
    asked.push(position);
    return position - (position % 10) + 10;
  };
  return { asked, vouchFor };
}

test('each part is looked at once, the next one ahead', async () => {
  const source = watchedSource();
  const vouched = vouching(source, 24);

  assert.equal(await vouched.from(3), 9);
  assert.deepEqual(source.asked, [3, 10]);
  assert.equal(await vouched.from(7), 9);
  assert.equal(await vouched.from(10), 19);
  assert.equal(await vouched.from(20), 24);
  assert.equal(await vouched.from(25), 24);
  await vouched.end();

  assert.deepEqual(source.asked, [3, 10, 20]);
});

test('what was looked at a second ago is looked at again', async (t) => {
  const now = t.mock.method(performance, 'now', () => 5000);
  const source = watchedSource();
  const vouched = vouching(source, 24);
  await vouched.from(0);
  now.mock.mockImplementation(() => 6000);

  assert.equal(await vouched.from(5), 9);
  assert.equal(await vouched.from(10), 19);

  assert.deepEqual(source.asked, [0, 10, 5, 10, 20]);
});

test('a failure ahead is told when its part is asked for', async () => {
  const vouchFor = async (position: number) => {
    if (position >= 10) throw new Error('not as it was');
    return 10;
  };
  const vouched = vouching({ vouchFor }, 24);

  assert.equal(await vouched.from(0), 9);
  await new Promise(setImmediate);
  await assert.rejects(vouched.from(10), /not as it was/);
});

test('what nobody looks at may be sent to its end', async () => {
  assert.equal(await vouching({}, 24).from(3), 24);
});
