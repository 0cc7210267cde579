import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emptyFolder } from '../test/support/service-process.ts';
import { ConfigError, loadConfig } from './config.ts';
import { conversionOf } from './conversion-parts.ts';

const plugin = { VITRINE_IMAGE_IMPORT_PLUGINS: 'image_conversion' };

test('a service that is to convert does not start without qemu-img, and says which setting names it', async () => {
  await using folder = await emptyFolder();
  const config = loadConfig({ ...plugin, VITRINE_QEMU_IMG: '/nowhere/qemu-img' }, undefined);

  await assert.rejects(
    conversionOf(config, { dataDir: folder.path, worker: undefined }),
    (cause) => {
      assert(cause instanceof ConfigError);
      assert.match(cause.message, /image_import_plugins: .*qemu_img is \/nowhere\/qemu-img/);
      return true;
    },
  );
});

test('a service that does not convert needs nothing for it', async () => {
  await using folder = await emptyFolder();

  const none = await conversionOf(loadConfig({}, undefined), {
    dataDir: folder.path,
    worker: undefined,
  });

  assert.equal(none, undefined);
  assert.ok(!existsSync(join(folder.path, 'conversions')));
});
