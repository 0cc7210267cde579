import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/database/database.ts';
import { codeBlocks, runCommands } from '../support/documents.ts';
import { beginUpload, callService, createImage, untilSaving } from '../support/image-calls.ts';
import { countedUsage } from '../support/quotas.ts';
import { runService } from '../support/running-service.ts';
import { emptyFolder } from '../support/service-process.ts';

test('the commands of the guide to quotas do what it says', async () => {
  await using service = await runService();
  const [commands = ''] = await codeBlocks('quotas.md', 'sh');

  const printed = await runCommands(commands, {
    OS_CLIENT_CONFIG_FILE: join(service.folder, 'clouds.yaml'),
  });

  const tables = printed.split(/^quota .*\n/m).slice(1);
  const limits = (quota: string) =>
    tables.map((table) => new RegExp(`^${quota} +(.+)$`, 'm').exec(table)?.[1]?.split(/ +/));
  const own = ['10', '0', 'project'];
  const configured = ['-1', '0', 'configuration'];
  assert.deepEqual(limits('image_count_total'), [own, own, own, configured]);
  const size = ['2048', '0', 'project'];
  assert.deepEqual(limits('image_size_total'), [size, size, configured, configured]);
});

test('the configuration of the guide to quotas is taken', async () => {
  const [file = ''] = await codeBlocks('quotas.md', 'yaml');

  const config = loadConfig({ VITRINE_CONFIG: 'vitrine.yaml' }, () => file);

  assert.equal(config.imageCountTotal, 100);
  assert.equal(config.imageSizeTotal, 51_200);
});

test('an upload that a crash cut off counts no longer after the next start', async () => {
  await using folder = await emptyFolder();
  const environment = { VITRINE_IMAGE_SIZE_TOTAL: '4' };
  const crashed = await runService({ folder: folder.path, environment });
  const id = await createImage(crashed);
  const upload = await beginUpload(crashed, id, { 'content-length': String(4 * 1024 * 1024) });
  upload.on('error', () => undefined);
  upload.flushHeaders();
  await untilSaving(crashed, id);
  await crashed.crash();

  const before = await countedUsage(() => openDatabase(join(folder.path, 'vitrine.db')));
  await using service = await runService({ folder: folder.path, environment });
  const { body } = await callService(service, { path: '/v2/info/usage' });

  assert.partialDeepStrictEqual(before.kept, [{ images: 1, bytes: 4 * 1024 * 1024, uploads: 1 }]);
  const { usage } = JSON.parse(body.toString());
  assert.deepEqual(usage.image_size_total, { usage: 0, limit: 4 });
  assert.deepEqual(usage.image_count_uploading, { usage: 0, limit: -1 });
  assert.deepEqual(usage.image_count_total, { usage: 1, limit: -1 });
});
