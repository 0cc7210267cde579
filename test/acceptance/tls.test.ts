import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyFolder, spawnService } from '../support/service-process.ts';
import { certificateFolder, nameAt } from '../support/tls.ts';

test('says that it is ready by HTTPS', async () => {
  await using files = await certificateFolder();
  await using folder = await emptyFolder();
  const service = spawnService({
    VITRINE_DATA_DIR: folder.path,
    VITRINE_PORT: '0',
    VITRINE_TLS_CERT_FILE: files.certFile,
    VITRINE_TLS_KEY_FILE: files.keyFile,
  });

  const url = await service.ready;
  const name = await nameAt(Number(new URL(url).port));
  service.kill('SIGTERM');
  const { code } = await service.exited;

  assert.match(url, /^https:\/\/127\.0\.0\.1:\d+$/);
  assert.equal(name, 'Vitrine test first');
  assert.equal(code, 0);
});

test('a service whose certificate cannot be used is told which setting is wrong and ends', async () => {
  await using files = await certificateFolder();
  await using folder = await emptyFolder();
  await files.putKey('second');
  const service = spawnService({
    VITRINE_DATA_DIR: folder.path,
    VITRINE_PORT: '0',
    VITRINE_TLS_CERT_FILE: files.certFile,
    VITRINE_TLS_KEY_FILE: files.keyFile,
  });

  const { code } = await service.exited;

  assert.equal(code, 1);
  assert.match(service.stderr(), /^tls_key_file: .* Set tls_cert_file and tls_key_file to /);
  assert.doesNotMatch(service.stderr(), /^ +at /m);
  assert.equal(service.stdout(), '');
});
