import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStream, take } from '../../support/event-stream.ts';
import { createImage, share } from '../../support/images.ts';
import { startPair } from '../../support/postgres/services.ts';

test('a listener on one process hears of what others do at the same time, all of it in one order', async () => {
  await using pair = await startPair();
  const { tokens } = pair.services[0];
  const streams = await Promise.all(
    pair.services.map(({ url }) => openStream(url, tokens.consumer)),
  );
  const ids: string[] = [];

  await Promise.all(
    [0, 1, 2, 3, 4, 5].map(async (index) => {
      const service = pair.services[index % 2 === 0 ? 0 : 1];
      for (let count = 0; count < 5; count += 1) {
        const { id } = await createImage(service);
        await share(service, id, 'consumer');
        ids.push(id);
      }
    }),
  );
  const [first, second] = await Promise.all(streams.map((stream) => take(stream, ids.length)));
  for (const stream of streams) stream.close();

  assert.deepEqual(
    first?.map(({ id }) => id),
    second?.map(({ id }) => id),
  );
  assert.deepEqual(first?.map(({ data }) => data.subject).toSorted(), ids.toSorted());
});
