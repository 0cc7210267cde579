import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as later } from 'node:timers/promises';
import { createImage, dataType } from '../support/images.ts';
import { metricsIn } from '../support/metrics.ts';
import { type Headers, startTestService, type TestService } from '../support/service.ts';
import { emptyFolder } from '../support/service-process.ts';

/** A service whose images are in a folder that can be taken away, as a disk that is not mounted is. */
async function serviceOnDisk(healthcheckStores = true) {
  const parts = new AsyncDisposableStack();
  const { path } = parts.use(await emptyFolder());
  const [there, away] = [join(path, 'images'), join(path, 'away')];
  const config = { store: 'file', filesystemStoreDatadir: there, healthcheckStores } as const;
  const service = parts.use(await startTestService({ config }));
  return {
    service,
    takeStore: () => rename(there, away),
    giveBack: () => rename(away, there),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

function ask(service: TestService, query = '', headers: Headers = {}) {
  return service.call('nobody', 'GET', `/healthcheck${query}`, undefined, headers);
}

const json = { accept: 'application/json' };

test('a store that is away is named, and nothing has to be started again once it is back', async () => {
  await using disk = await serviceOnDisk();
  const { service } = disk;
  const { id } = await createImage(service);

  await disk.takeStore();
  const told = await ask(service);
  const document = await ask(service, '', json);
  const all = await ask(service, '?detailed');
  const head = await service.call('nobody', 'HEAD', '/healthcheck');
  const { text } = await service.call('nobody', 'GET', '/metrics');
  const shown = await service.call('producer', 'GET', `/v2/images/${id}`);
  await disk.giveBack();
  let back = await ask(service);
  for (let tries = 0; back.status !== 200 && tries < 100; tries += 1) {
    await later(50);
    back = await ask(service);
  }
  const path = `/v2/images/${id}/file`;
  const uploaded = await service.call('producer', 'PUT', path, 'data', dataType);

  assert.deepEqual([told.status, told.text], [503, 'STORE file NOT AVAILABLE']);
  const reasons = ['STORE file NOT AVAILABLE'];
  assert.deepEqual([document.status, document.json], [503, { detailed: false, reasons }]);
  assert.deepEqual(all.json.reasons, [
    { class: 'Database', reason: 'OK', details: '' },
    { class: 'Store', reason: 'STORE file NOT AVAILABLE', details: 'file' },
  ]);
  assert.equal(head.status, 503);
  assert.equal(metricsIn(text).get('vitrine_store_up', { store: 'file' }), 0);
  assert.equal(shown.status, 200, 'what needs no data is answered');
  assert.deepEqual([back.status, back.text], [200, 'OK']);
  assert.equal(uploaded.status, 204);
});

test('where the store is everybody’s, it is told in the details alone that it is away', async () => {
  await using disk = await serviceOnDisk(false);
  await disk.takeStore();

  const told = await ask(disk.service);
  const all = await ask(disk.service, '?detailed');
  await disk.giveBack();

  assert.deepEqual([told.status, told.text], [200, 'OK']);
  assert.equal(all.status, 200);
  assert.equal(all.json.reasons[1].reason, 'STORE file NOT AVAILABLE');
});

test('details are for those alone who may read the metrics', async () => {
  await using service = await startTestService();
  const through = { 'x-forwarded-for': '127.0.0.1' };

  const here = await ask(service, '?detailed');
  const elsewhere = await ask(service, '?detailed', { ...json, ...through });

  assert.equal(here.json.detailed, true);
  assert.deepEqual(elsewhere.json, { detailed: false, reasons: ['OK'] });
});
