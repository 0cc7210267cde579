import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DomainError } from '../domain/errors.ts';
import { roomQueues } from './room-queues.ts';

const projectId = 'project';
const full = () => Promise.reject(new DomainError('QuotaExceeded', 'full'));

test('of uploads that find no room the youngest is turned away, and those before it wait for what it leaves', async () => {
  const queues = roomQueues();
  const [oldest, middle, youngest] = ['a', 'b', 'c'].map((imageId) => ({ imageId, projectId }));
  assert.ok(oldest && middle && youngest);
  for (const upload of [oldest, middle, youngest]) await queues.take(upload, async () => {});
  let room = 0;
  const ask = async () => (room > 0 ? --room : full());
  const told: string[] = [];

  const waiting = [oldest, middle].map(async (upload) => {
    const ended = await queues.take(upload, ask).then(
      () => 'has room',
      () => 'is turned away',
    );
    told.push(`${upload.imageId} ${ended}`);
    queues.leave(upload.imageId);
  });
  await assert.rejects(queues.take(youngest, ask), { code: 'QuotaExceeded' });
  assert.deepEqual(told, []);
  room = 1;
  queues.leave(youngest.imageId);
  await Promise.all(waiting);

  assert.deepEqual(told, ['a has room', 'b is turned away']);
});

test('nobody waits for uploads of another project, nor for anything but room', async () => {
  const queues = roomQueues();
  const upload = { imageId: 'a', projectId };
  await queues.take(upload, async () => {});
  await queues.take({ imageId: 'b', projectId: 'another' }, async () => {});

  await assert.rejects(queues.take(upload, full), { code: 'QuotaExceeded' });
  await queues.take({ imageId: 'c', projectId }, async () => {});
  const gone = () => Promise.reject(new DomainError('ImageDataGone', 'gone'));
  await assert.rejects(queues.take(upload, gone), { code: 'ImageDataGone' });
});

test('nobody waits for ever for an upload that has come to a halt', async () => {
  const queues = roomQueues(20);
  const upload = { imageId: 'a', projectId };
  await queues.take(upload, async () => {});
  await queues.take({ imageId: 'b', projectId }, async () => {});
  const begun = performance.now();

  await assert.rejects(queues.take(upload, full), { code: 'QuotaExceeded' });

  assert.ok(performance.now() - begun >= 19);
});
