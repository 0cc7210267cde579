import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { insertImage } from '../../src/database/images.ts';
import { defaultPolicy } from '../../src/domain/policy.ts';
import type { EventMessage } from '../../src/service/event-sink.ts';
import { eventsService } from '../../src/service/events.ts';
import { type ImageData, imageDataService, type Sent } from '../../src/service/image-data.ts';
import { quotasService } from '../../src/service/quotas.ts';
import { unwantedData } from '../../src/service/unwanted-data.ts';
import { uploadRoom } from '../../src/service/upload-room.ts';
import { verificationService } from '../../src/service/verification.ts';
import { filesystemStore } from '../../src/store/filesystem.ts';
import { hashers } from '../../src/store/hashing.ts';
import { emptyDatabase } from '../support/database.ts';
import { callerOf, imageWith, unlimited } from '../support/domain.ts';
import { emptyFolder } from '../support/service-process.ts';
import { onlyStore } from '../support/stores.ts';

interface Downloads extends AsyncDisposable {
  readonly imageData: ImageData;
  /** An active image with five bytes. */
  readonly imageId: string;
  /** Delivers every event noted so far, and returns them all. */
  delivered(): Promise<readonly EventMessage[]>;
}

/** The data service over a store and a database of its own. */
async function downloads(): Promise<Downloads> {
  await using parts = new AsyncDisposableStack();
  const { path } = parts.use(await emptyFolder());
  const { database } = parts.use(await emptyDatabase());
  const store = filesystemStore({
    id: 'file',
    directory: join(path, 'images'),
    minFreeBytes: 0,
    hashers: parts.use(hashers({ pairs: 1 })),
  });
  const [report, clock] = [assert.ifError, () => new Date()];
  const taken: EventMessage[] = [];
  const sink = {
    name: 'test',
    async deliver(messages: readonly EventMessage[]) {
      taken.push(...messages);
    },
  };
  const events = eventsService({
    database,
    sink,
    publisherId: 'image.test',
    disabled: [],
    clock,
    report,
  });
  const stores = onlyStore(store);
  const quotas = quotasService({ database, defaults: unlimited });
  const verification = verificationService({
    ...{ database, stores, events, clock, report },
    verifiesReads: true,
    scrubRate: 0,
    scrubInterval: 0,
  });
  const imageData = imageDataService({
    database,
    stores,
    unwantedData: unwantedData({ database, stores, report }),
    quotas,
    room: uploadRoom({ database, quotas }),
    verification,
    policy: defaultPolicy,
    formats: { requiresMatch: true, vmdkTypes: [], harmlessChecks: [] },
    certificates: '',
    events,
    downloads: { note: () => {} },
    clock,
    report,
  });
  const id = randomUUID();
  const signal = new AbortController().signal;
  const { location, size } = await store.put(id, Readable.from([Buffer.from('hello')]), {
    maxSize: 5,
    signal,
  });
  await insertImage(
    database.write,
    imageWith({ id, status: 'active', locations: [{ store: null, url: location }], size }),
  );
  const rest = parts.move();
  return {
    imageData,
    imageId: id,
    async delivered() {
      await events.startDelivering()[Symbol.asyncDispose]();
      return taken;
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

const owner = callerOf('owner', 'member');

test('a download is told of although its client has everything before the reader is closed', async () => {
  await using service = await downloads();
  const { imageData, imageId } = service;
  const clientHasAll = Promise.withResolvers<void>();
  const download = imageData.download(owner, imageId, async ({ reader }): Promise<Sent> => {
    clientHasAll.resolve();
    await reader?.[Symbol.asyncDispose]();
    return { sent: 5, wanted: 5 };
  });

  await clientHasAll.promise;
  await imageData.settled();
  const events = await service.delivered();

  assert.deepEqual(
    events.map(({ event_type, payload }) => [event_type, Object(payload).bytes_sent]),
    [['image.send', 5]],
  );
  await download;
});

test('a download that fails is waited for, and tells of nothing when nothing was sent', async () => {
  await using service = await downloads();
  const { imageData, imageId } = service;
  const failure = new Error('The range is not within the data.');
  let isClosed = false;
  const download = imageData.download(owner, imageId, async ({ reader }) => {
    await reader?.[Symbol.asyncDispose]();
    isClosed = true;
    throw failure;
  });
  const failed = assert.rejects(download, failure);

  await imageData.settled();

  assert(isClosed);
  await failed;
  assert.deepEqual(await service.delivered(), []);
});
