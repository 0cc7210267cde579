import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runText } from './scrub-commands.ts';

const run = {
  began_at: '2026-01-01T00:00:00.000Z',
  seen_at: '2026-01-01T00:10:00.000Z',
  ended_at: null,
  due: 40,
  images: 10,
  bytes: 3 * 1024 * 1024,
  chunks: 3,
  damaged: 1,
  unreadable: 0,
};

test('a run is told with how far it is, and how long it may take', () => {
  const done = '10 of 40 images, 3 MiB in 3 pieces; 1 damaged, 0 unreadable';

  assert.equal(
    runText(run, new Date('2026-01-01T00:10:00Z')),
    `on since ${run.began_at}: ${done}; 30 min left at this pace`,
  );
  assert.equal(
    runText({ ...run, images: 0 }, new Date('2026-01-01T00:10:00Z')),
    `on since ${run.began_at}: ${done.replace('10', '0')}`,
  );
  assert.equal(
    runText({ ...run, ended_at: run.seen_at }, new Date()),
    `ended at ${run.seen_at}: ${done}`,
  );
});
