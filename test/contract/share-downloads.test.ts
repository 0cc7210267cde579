import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as after } from 'node:timers/promises';
import { listDownloads } from '../../src/database/image-downloads.ts';
import { insertImage } from '../../src/database/images.ts';
import { listShareLog } from '../../src/database/share-log.ts';
import { shareDownloads } from '../../src/service/share-downloads.ts';
import { emptyDatabase } from '../support/database.ts';
import { callerOf, imageWith } from '../support/domain.ts';

const image = imageWith({ owner: 'producer', visibility: 'shared' });
const consumer = callerOf('consumer', 'member');
const other = callerOf('other', 'member');

test('downloads that follow the first within its time are one line; each is counted', async () => {
  await using store = await emptyDatabase();
  const { database } = store;
  await insertImage(database.write, image);
  let now = 0;
  const told: string[] = [];
  const open = () =>
    shareDownloads({
      database,
      clock: () => new Date(now),
      report: (text) => told.push(text),
      interval: 1,
      lineTime: 1000,
    });
  const linesOf = async () =>
    (await listShareLog(database.read, { imageId: image.id, after: 0, limit: 10 })).map(
      ({ at, projectId, details }) => [at.getTime(), projectId, details],
    );
  const until = async (count: number) => {
    const end = Date.now() + 5000;
    while ((await linesOf()).length < count && Date.now() < end) await after(5);
  };

  const downloads = open();
  downloads.note(image, consumer, 5);
  for (now of [1, 2]) downloads.note(image, consumer, 10);
  downloads.note(image, other, 7);
  await until(2);
  const atFirst = await linesOf();
  now = 1000;
  await until(3);
  const later = await linesOf();
  downloads.note(image, consumer, 1);
  now = 1001;
  downloads.note(image, consumer, 2);
  await downloads[Symbol.asyncDispose]();
  const counted = await listDownloads(database.read, image.id);

  const first = [
    [0, 'consumer', { bytes: 5 }],
    [2, 'other', { bytes: 7 }],
  ];
  const sum = [2, 'consumer', { bytes: 20, downloads: 2 }];
  assert.deepEqual(atFirst, first);
  assert.deepEqual(later, [...first, sum]);
  // What has no line yet has one before the service ends.
  assert.deepEqual((await linesOf()).slice(3), [
    [1001, 'consumer', { bytes: 2 }],
    [1000, 'consumer', { bytes: 1 }],
  ]);
  assert.deepEqual([counted.get('consumer')?.downloads, counted.get('consumer')?.bytes], [5, 28]);
  assert.deepEqual(told, []);
});
