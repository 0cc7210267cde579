import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { configOf } from '../support/config.ts';
import { until } from '../support/image-calls.ts';
import { createActiveImage } from '../support/images.ts';
import { rawConnection } from '../support/raw-connection.ts';
import { startTestService } from '../support/service.ts';
import { seededBytes } from '../support/slow-data.ts';
import { certificateFolder, nameAt } from '../support/tls.ts';

/** A service with a certificate that can be replaced, which it looks at often. */
async function tlsService() {
  await using parts = new AsyncDisposableStack();
  const files = parts.use(await certificateFolder());
  const { certFile, keyFile } = files;
  const config = configOf(`tls_cert_file: ${certFile}\ntls_key_file: ${keyFile}\n`);
  const { tlsCertFile, tlsKeyFile } = config;
  const service = parts.use(
    await startTestService({
      config: { tlsCertFile, tlsKeyFile },
      times: { interval: 20, head: 400 },
    }),
  );
  const all = parts.move();
  return { ...service, files, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

const shared = await tlsService();
after(() => shared[Symbol.asyncDispose]());

test('images go up and down over HTTPS, and links say so', async () => {
  const data = seededBytes('tls', 3_000_001);
  const created = await shared.call('producer', 'POST', '/v2/images', {});
  const { id } = await createActiveImage(shared, data);
  const { bytes } = await shared.call('producer', 'GET', `/v2/images/${id}/file`);
  const clouds = await readFile(join(shared.folder, 'clouds.yaml'), 'utf8');

  const base = `https://127.0.0.1:${shared.port}`;
  assert.equal(shared.url, base);
  assert(bytes.equals(data), 'the download differs from the upload');
  assert.equal(created.headers['location'], `${base}/v2/images/${created.json.id}`);
  assert(clouds.includes(`auth_url: ${base}/identity/v3`));
});

test('TLS is of version 1.2 or newer', async () => {
  const name = await nameAt(shared.port, 'TLSv1.2');

  assert.equal(name, 'Vitrine test first');
  await assert.rejects(nameAt(shared.port, 'TLSv1.1'), /protocol version/);
});

test('whoever speaks without TLS is cut off, and so is who says nothing', async () => {
  await using plain = await rawConnection(shared.port);
  await using silent = await rawConnection(shared.port);

  plain.write('GET /healthcheck HTTP/1.1\r\nHost: x\r\n\r\n');
  const answers = [await plain.closed(), await silent.closed()];
  const after = await shared.call('nobody', 'GET', '/healthcheck');

  assert.doesNotMatch(answers.join(), /OK/);
  assert.equal(after.status, 200);
});

test('a certificate that is replaced is given to new connections, and others go on', async () => {
  await using service = await tlsService();
  const before = await nameAt(service.port);

  await service.files.putCertificate('second');
  await service.files.putKey('second');
  await until('the new one is used', async () => {
    return (await nameAt(service.port)) === 'Vitrine test second';
  });
  // Its agent trusts the first certificate alone: this goes over a connection from before.
  const { status } = await service.call('producer', 'GET', '/v2/images');

  assert.equal(before, 'Vitrine test first');
  assert.equal(status, 200);
  assert.match(service.log(), /New connections get a new certificate\./);
});

test('a certificate without its key changes nothing but the log, until the key is there too', async () => {
  await using service = await tlsService();

  await service.files.putCertificate('second');
  await until('it is told', async () => {
    await new Promise(setImmediate);
    return service.log().includes('The new certificate is no good');
  });
  const meanwhile = await nameAt(service.port);
  await service.files.putKey('second');
  await until('both are used', async () => {
    return (await nameAt(service.port)) === 'Vitrine test second';
  });

  assert.equal(meanwhile, 'Vitrine test first');
  assert.match(service.log(), /service\.key is not the key of the certificate in .*service\.crt/);
});

for (const [given, missing] of [
  ['tls_cert_file', 'tls_key_file'],
  ['tls_key_file', 'tls_cert_file'],
] as const) {
  test(`a ${given} alone is not enough`, () => {
    assert.throws(
      () => configOf(`${given}: /a\n`),
      new RegExp(`${missing}: is wanted with ${given}`),
    );
  });
}
