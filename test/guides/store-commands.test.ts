import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand } from '../support/command.ts';
import { checkWhole, createImage, imageWith, showImage } from '../support/image-calls.ts';
import { runService } from '../support/running-service.ts';
import { emptyFolder } from '../support/service-process.ts';

test('an operator copies the images of a store to another one, and moves them', async () => {
  await using folder = await emptyFolder();
  const stores = ['fast', 'archive'].map((id) => ({
    id,
    type: 'file',
    filesystem_store_datadir: join(folder.path, id),
  }));
  await using service = await runService({
    environment: { VITRINE_STORES: JSON.stringify(stores) },
  });
  const data = Buffer.from('the data');
  const ids = [await imageWith(service, data), await imageWith(service, data)];
  await createImage(service);
  const env = {
    OS_CLIENT_CONFIG_FILE: join(service.folder, 'clouds.yaml'),
    OS_CLOUD: 'vitrine-admin',
  };
  const run = (...args: readonly string[]) => runCommand(['store', ...args], { env });
  const places = async () =>
    await Promise.all(
      ids.map(
        async (id) =>
          Object.entries(await showImage(service, id)).find(([name]) => name === 'stores')?.[1],
      ),
    );

  const list = await run('list');
  const copied = await run('copy', 'fast', 'archive', ids[0] ?? '');
  const between = await places();
  const moved = await run('move', 'fast', 'archive');
  const again = await run('move', 'fast', 'archive');

  assert.match(list.out, /^fast +file +0 +yes/m);
  assert.deepEqual([copied.code, moved.code, again.code], [0, 0, 0], copied.err + moved.err);
  assert.match(copied.out, /1 of 1, .*: copied to archive/);
  assert.deepEqual(between, ['archive,fast', 'fast']);
  assert.match(moved.out, /2 of 2, .*: moved to archive/);
  assert.deepEqual(await places(), ['archive', 'archive']);
  assert.equal(again.out, '');
  for (const id of ids) await checkWhole(service, id, data);
  const refused = await run('copy', 'fast', 'nowhere', ids[0] ?? '');
  assert.equal(refused.code, 1);
  assert.match(refused.err, /nowhere/);
});

test('an operator of one store is told how there can be several', async () => {
  await using service = await runService();
  const env = {
    OS_CLIENT_CONFIG_FILE: join(service.folder, 'clouds.yaml'),
    OS_CLOUD: 'vitrine-admin',
  };

  const { code, err } = await runCommand(['store', 'list'], { env });

  assert.equal(code, 2);
  assert.match(err, /one store\. The setting `stores` names several/);
});
