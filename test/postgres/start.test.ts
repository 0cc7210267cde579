import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { chmod, copyFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Client } from 'pg';
import { openAt, patient, postgresDatabase, sharedFolder } from '../support/postgres/databases.ts';
import { startPostgres } from '../support/postgres/server.ts';
import { runService } from '../support/running-service.ts';
import { emptyFolder, spawnService } from '../support/service-process.ts';
import { type CertificateFolder, certificateFolder } from '../support/tls.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

test('a database that cannot be used ends the start, and nobody reads its password', async () => {
  await using folder = await emptyFolder();
  const port = await freePort();
  const service = spawnService({
    VITRINE_PORT: '0',
    VITRINE_DATA_DIR: folder.path,
    VITRINE_DATABASE_URL: `postgres://vitrine:very-secret@127.0.0.1:${port}/images`,
  });

  await assert.rejects(service.ready);
  const { code } = await service.exited;

  assert.equal(code, 1);
  assert.match(
    service.stderr(),
    /^The database images at 127\.0\.0\.1:\d+ cannot be used \(.*ECONNREFUSED/m,
  );
  assert.match(service.stderr(), /Set VITRINE_DATABASE_URL/);
  assert.doesNotMatch(service.stderr(), /very-secret|\n\s+at /);
});

test('a database in another encoding is refused', async () => {
  const name = `latin_${randomUUID().replaceAll('-', '')}`;
  const admin = new Client({ host: await sharedFolder(), user: 'postgres', database: 'postgres' });
  await admin.connect();
  await admin.query(`create database ${name} encoding 'LATIN1' locale 'C' template template0`);
  await using other = await postgresDatabase();

  const opening = openAt(other.url.replace(/vitrine_\w+/, name));

  await assert.rejects(opening, /its encoding is LATIN1, UTF8 is wanted/);
  await admin.query(`drop database ${name}`);
  await admin.end();
});

test('a database that commits before it is on disk is refused', async () => {
  await using store = await postgresDatabase();
  const admin = new Client({ connectionString: store.url });
  await admin.connect();
  await admin.query(
    `alter database ${new URL(store.url).pathname.slice(1)} set synchronous_commit = off`,
  );
  await admin.end();

  await assert.rejects(openAt(store.url), /synchronous_commit is off/);
});

test('what was acknowledged outlives a crash of the service and of the database', async () => {
  await using server = await startPostgres({ isDurable: true });
  await using folder = await emptyFolder();
  const environment = { VITRINE_DATABASE_URL: server.url('postgres') };
  const crashed = await runService({ folder: folder.path, environment });
  const token = await crashed.token('producer');
  const ids: string[] = [];
  for (let n = 0; n < 20; n += 1) {
    const answer = await fetch(`${crashed.url}/v2/images`, {
      method: 'POST',
      headers: { 'x-auth-token': token, 'content-type': 'application/json' },
      body: JSON.stringify({ name: `image ${n}` }),
    });
    ids.push(((await answer.json()) as { id: string }).id);
  }
  await crashed.crash();
  await server.crash();
  await server.start();

  await using service = await runService({ folder: folder.path, environment });
  const shown = await Promise.all(
    ids.map(async (id) => {
      const headers = { 'x-auth-token': token };
      return (await fetch(`${service.url}/v2/images/${id}`, { headers })).status;
    }),
  );

  assert.deepEqual(new Set(shown), new Set([200]));
});

describe('TLS', () => {
  let port: number;
  const parts = new AsyncDisposableStack();
  let certificate: CertificateFolder;

  before(async () => {
    certificate = parts.use(await certificateFolder());
    port = await freePort();
    parts.use(
      await startPostgres({
        port,
        async prepare(data) {
          await copyFile(certificate.certFile, join(data, 'server.crt'));
          await copyFile(certificate.keyFile, join(data, 'server.key'));
          await chmod(join(data, 'server.key'), 0o600);
        },
        settings: { ssl: 'on' },
      }),
    );
  });

  after(() => parts.disposeAsync());

  const open = (host: string, parameters: string) =>
    openAt(`postgres://postgres@${host}:${port}/postgres?${parameters}`, { times: patient });

  test('a certificate of a known authority, for the host, is believed', async () => {
    const ca = encodeURIComponent(certificate.certFile);
    await using database = await open('localhost', `sslmode=verify-full&sslrootcert=${ca}`);

    await database.check();
  });

  test('a certificate of an unknown authority is not, unless any is', async () => {
    await assert.rejects(open('localhost', 'sslmode=verify-full'), /self-signed|certificate/);

    await using database = await open('localhost', 'sslmode=require');

    await database.check();
  });

  test('a server without TLS is not talked to where it is wanted', async () => {
    await using plain = await startPostgres({ port: await freePort() });

    const opening = openAt(`postgres://postgres@127.0.0.1:${plain.port}/postgres?sslmode=require`);

    await assert.rejects(opening, /does not support SSL/);
  });
});
