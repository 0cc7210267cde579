import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStream, take } from '../support/event-stream.ts';
import { callService, createImage } from '../support/image-calls.ts';
import { type RunningService, runService } from '../support/running-service.ts';
import { emptyFolder } from '../support/service-process.ts';

/** Shares images until the service is gone; the ids of those whose share was acknowledged. */
async function shareOn(service: RunningService, ids: string[]): Promise<void> {
  while (true) {
    const id = await createImage(service).catch(() => undefined);
    if (id === undefined) return;
    const path = `/vitrine/v1/shares/${id}/consumer`;
    const reply = await callService(service, { method: 'PUT', path, body: '{}' }).catch(() => ({
      status: 0,
    }));
    if (reply.status !== 200) return;
    ids.push(id);
  }
}

test('a listener hears of every acknowledged share exactly once over kill -9', async () => {
  await using folder = await emptyFolder();
  const told: string[] = [];
  const shared: string[] = [];
  let lastId = '';
  for (let round = 0; round < 3; round += 1) {
    await using service = await runService({ folder: folder.path });
    const token = await service.token('consumer');
    const stream = await openStream(service.url, token, lastId || '0');
    const sharing = Promise.all([shareOn(service, shared), shareOn(service, shared)]);
    const listening = (async () => {
      for await (const event of stream) told.push(event.data.subject);
    })();

    while (told.length < 5 * (round + 1)) await new Promise(setImmediate);
    await service.crash();
    await sharing;
    await listening;
    lastId = stream.lastId();
  }

  await using service = await runService({ folder: folder.path });
  const stream = await openStream(service.url, await service.token('consumer'), lastId);
  const missing = new Set(shared).difference(new Set(told));
  for (const event of await take(stream, missing.size)) told.push(event.data.subject);
  stream.close();

  assert.deepEqual([...new Set(shared).difference(new Set(told))], []);
  assert.equal(new Set(told).size, told.length);
});
