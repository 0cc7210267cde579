import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/database/database.ts';
import { codeBlocks, runCommands } from '../support/documents.ts';
import {
  callService,
  dataFiles,
  deleteImage,
  imageWith,
  showImage,
  until,
} from '../support/image-calls.ts';
import { countedUsage } from '../support/quotas.ts';
import { runService } from '../support/running-service.ts';
import { emptyFolder } from '../support/service-process.ts';

const delayed = { VITRINE_DELAYED_DELETE: 'true', VITRINE_SCRUB_TIME: '3600' };

test('the command of the guide brings a deleted image back', async () => {
  const [commands = ''] = await codeBlocks('delayed-delete.md', 'sh');
  await using service = await runService({ environment: delayed });
  const id = await imageWith(service, Buffer.from('hello'));
  await deleteImage(service, id);

  const printed = await runCommands(commands, {
    IMAGE_ID: id,
    OS_CLIENT_CONFIG_FILE: join(service.folder, 'clouds.yaml'),
  });

  assert.match(printed, new RegExp(`^id +${id}$`, 'm'));
  assert.match(printed, /^status +active$/m);
  assert.equal((await showImage(service, id)).status, 'active');
});

test('the configuration of the guide is taken', async () => {
  const [file = ''] = await codeBlocks('delayed-delete.md', 'yaml');

  const config = loadConfig({ VITRINE_CONFIG: 'vitrine.yaml' }, () => file);

  assert.deepEqual(parse(file), {
    delayed_delete: config.delayedDelete,
    scrub_time: config.scrubTime,
    wakeup_time: config.wakeupTime,
  });
});

test('a deleted image outlives a crash, and is scrubbed by a later start once its time is over', async () => {
  await using folder = await emptyFolder();
  await using first = await runService({ folder: folder.path, environment: delayed });
  const ids = [await imageWith(first, Buffer.from('a')), await imageWith(first, Buffer.from('b'))];
  for (const id of ids) await deleteImage(first, id);
  await first.crash();
  await using second = await runService({ folder: folder.path, environment: delayed });
  const restored = await callService(second, {
    method: 'POST',
    path: `/vitrine/v1/images/${ids[0]}/restore`,
    user: 'admin',
  });
  const kept = await dataFiles(folder.path);
  await second.crash();

  await using third = await runService({ folder: folder.path });
  await until('the data is removed', async () => (await dataFiles(folder.path)).length === 1);

  assert.equal(restored.status, 200);
  assert.equal(kept.length, 2);
  const gone = await callService(third, {
    method: 'POST',
    path: `/vitrine/v1/images/${ids[1]}/restore`,
    user: 'admin',
  });
  assert.equal(gone.status, 404);
  const { kept: usage, counted } = await countedUsage(() =>
    openDatabase(join(folder.path, 'vitrine.db')),
  );
  assert.partialDeepStrictEqual(usage, [{ images: 1, bytes: 1, uploads: 0 }]);
  assert.deepEqual(usage, counted);
});

test('the service looks again for what is to be scrubbed while it runs', async () => {
  const environment = {
    VITRINE_DELAYED_DELETE: 'true',
    VITRINE_SCRUB_TIME: '1',
    VITRINE_WAKEUP_TIME: '1',
  };
  await using service = await runService({ environment });
  const id = await imageWith(service, Buffer.from('hello'));

  await deleteImage(service, id);
  const kept = await dataFiles(service.folder);
  await until('the data is removed', async () => (await dataFiles(service.folder)).length === 0);

  assert.equal(kept.length, 1);
});
