import assert from 'node:assert/strict';
import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import {
  beginCall,
  beginUpload,
  callService,
  checkQueued,
  checkWhole,
  createImage,
  deleteImage,
  downloadImage,
  imageWith,
  replyTo,
  showImage,
  until,
  untilSaving,
  uploadImage,
} from '../support/image-calls.ts';
import { beginResumable, goOnAt, tus } from '../support/resumable-uploads.ts';
import {
  type RunningService,
  runService,
  type ServiceOptions,
} from '../support/running-service.ts';
import { type Environment, emptyFolder, spawnService } from '../support/service-process.ts';
import { seededBytes, writeAll } from '../support/slow-data.ts';
import { type Line, lineTo } from './line.ts';
import { givenSwift, newPlace, storeEnvironments } from './servers.ts';

const mib = 1024 * 1024;
const swift = await givenSwift();

interface ServiceOnLine extends AsyncDisposable {
  readonly service: RunningService;
  readonly line: Line;
  readonly place: string;
}

for (const [kind, environmentOf] of Object.entries(storeEnvironments)) {
  /** A service whose store is behind a line. */
  async function serviceOnLine(options: ServiceOptions = {}): Promise<ServiceOnLine> {
    await using parts = new AsyncDisposableStack();
    const line = parts.use(await lineTo(swift.port));
    const place = newPlace();
    const environment = {
      ...environmentOf(swift, { port: line.port, place }),
      ...options.environment,
    };
    const service = parts.use(await runService({ ...options, environment }));
    parts.defer(() => assert(!service.stderr().includes(swift.key), 'the key is in the log'));
    const rest = parts.move();
    return { service, line, place, [Symbol.asyncDispose]: () => rest.disposeAsync() };
  }

  async function startFails(environment: Environment): Promise<string> {
    await using folder = await emptyFolder();
    const service = spawnService({
      VITRINE_PORT: '0',
      VITRINE_DATA_DIR: folder.path,
      ...environment,
    });
    assert.equal((await service.exited).code, 1);
    return service.stderr();
  }

  describe(`a service with its images in ${kind}`, () => {
    test('tells at /healthcheck that its store does not answer, and that it is back', async () => {
      await using on = await serviceOnLine();
      const { service, line } = on;
      const health = () => callService(service, { path: '/healthcheck' });
      const turns = (status: number) =>
        until(`${status}`, async () => (await health()).status === status);

      const before = await health();
      line.set({ kind: 'silent' });
      await turns(503);
      const away = await health();
      line.set({ kind: 'closed' });
      line.set({ kind: 'open' });
      await turns(200);

      assert.equal(String(away.body), `STORE ${kind} NOT AVAILABLE`);
      assert.equal(before.status, 200);
    });

    test('keeps what came to an upload that can be resumed while the store is away', async () => {
      await using on = await serviceOnLine({ logsErrors: true });
      const { service, line } = on;
      const data = seededBytes('resumed', 9 * mib);
      const id = await createImage(service);
      const sent = 2 * mib;
      const path = await beginResumable(service, id, { data, sent });

      line.set({ kind: 'closed' });
      const refused = await goOnAt(service, path, { data, from: sent });
      const state = await callService(service, { method: 'HEAD', path, headers: tus });
      line.set({ kind: 'open' });
      const done = await goOnAt(service, path, { data, from: sent });

      assert.equal(refused.status, 503);
      assert.equal(refused.headers['retry-after'], '10');
      assert.equal(state.headers['upload-offset'], String(sent));
      assert.equal(done.status, 204, String(done.body));
      await checkWhole(service, id, data);
    });

    test('queues the image again when the sender goes away, and leaves nothing', async () => {
      await using on = await serviceOnLine();
      const { service } = on;
      const id = await createImage(service);
      const upload = await beginUpload(service, id);
      upload.on('error', () => undefined);
      await writeAll(upload, seededBytes('left', 12 * mib));
      await untilSaving(service, id);

      upload.destroy();

      await until(
        'the image is queued',
        async () => (await showImage(service, id)).status === 'queued',
      );
      await checkQueued(service, id);
      await until('nothing is left', async () => (await swift.remains(on.place)).length === 0);
      const data = seededBytes('again', 300_000);
      assert.equal((await uploadImage(service, id, data)).status, 204);
      await checkWhole(service, id, data);
    });

    for (const state of ['closed', 'silent', 'busy'] as const) {
      test(`answers 503 while the store is ${state}, and works on after`, async () => {
        await using on = await serviceOnLine({
          environment: { VITRINE_STORE_TIMEOUT: '1' },
          logsErrors: true,
        });
        const { service, line } = on;
        const data = seededBytes('kept', 700_000);
        const kept = await imageWith(service, data);
        const id = await createImage(service);

        line.set({ kind: state });
        const replies = [
          await downloadImage(service, kept),
          await uploadImage(service, id, seededBytes('refused', 100_000)),
        ];
        const shown = await showImage(service, id);
        line.set({ kind: 'open' });

        for (const { status, headers } of replies) {
          assert.deepEqual([status, headers['retry-after']], [503, '10']);
        }
        assert.equal(shown.status, 'queued');
        await checkWhole(service, kept, data);
        assert.equal((await uploadImage(service, id, data)).status, 204);
        await checkWhole(service, id, data);
      });
    }

    test('removes at its next start what a crash left of an upload', async () => {
      await using folder = await emptyFolder();
      const place = newPlace();
      const environment = environmentOf(swift, { place });
      const [id, deleted] = await crashInUploads(folder.path, environment);
      assert((await swift.remains(place)).length > 0);

      await using service = await runService({ folder: folder.path, environment });

      assert.deepEqual(await swift.remains(place), []);
      await checkQueued(service, id);
      const gone = await downloadImage(service, deleted);
      assert.equal(gone.status, 404);
    });

    test('tells of wrong credentials and does not start', async () => {
      const place = newPlace();
      const told = await startFails(environmentOf(swift, { key: 'wrong-key', place }));

      assert.match(told, /The store of image data cannot be used\. .*Check (s3|swift)_store_/);
      assert(!told.includes('wrong-key'), told);
    });

    test('tells that the server cannot be reached and does not start', async () => {
      await using line = await lineTo(swift.port);
      line.set({ kind: 'closed' });
      const told = await startFails(environmentOf(swift, { port: line.port }));

      assert.match(told, /The store of image data cannot be used\. .*cannot be reached/);
    });

    test('takes and gives 300 MiB in no more memory than a small image', async () => {
      await using on = await serviceOnLine({ environment: { VITRINE_LOG_LEVEL: 'info' } });
      const { service } = on;
      const id = await createImage(service);
      await imageWith(service, seededBytes('small', 20 * mib));
      const before = await peakOf(service);
      const [sent, received] = [createHash('sha512'), createHash('sha512')];

      await uploadLarge(service, id, { size: 300 * mib, hash: sent });
      const call = await beginCall(service, { path: `/v2/images/${id}/file` });
      call.end();
      const [response] = (await once(call, 'response')) as [IncomingMessage];
      for await (const chunk of response) received.update(chunk);

      const sha512 = sent.digest('hex');
      assert.equal(received.digest('hex'), sha512);
      assert.equal((await showImage(service, id)).os_hash_value, sha512);
      const more = ((await peakOf(service)) - before) / mib;
      assert(more < 64, `it took ${more} MiB more`);
      await deleteImage(service, id);
      await until('its parts are gone', async () => (await swift.remains(on.place)).length === 1);
    });
  });
}

describe('a service with its images in s3, whose keys are elsewhere', () => {
  const keys = ['VITRINE_S3_STORE_ACCESS_KEY', 'VITRINE_S3_STORE_SECRET_KEY'];

  function withoutKeys(): Record<string, string> {
    const settings = storeEnvironments['s3']?.(swift, { place: newPlace() }) ?? {};
    return Object.fromEntries(Object.entries(settings).filter(([name]) => !keys.includes(name)));
  }

  test('finds them in the environment, the region too', async () => {
    const { VITRINE_S3_STORE_REGION_NAME: region = '', ...settings } = withoutKeys();
    const given = { AWS_ACCESS_KEY_ID: 'test:tester', AWS_SECRET_ACCESS_KEY: swift.key };
    const environment = { ...settings, ...given, AWS_REGION: region };
    await using service = await runService({ environment });
    const data = seededBytes('environment', 1000);

    await checkWhole(service, await imageWith(service, data), data);
    assert(!service.stderr().includes(swift.key), 'the key is in the log');
  });

  test('finds them in files', async () => {
    await using folder = await emptyFolder();
    const file = join(folder.path, 'credentials');
    const lines = ['[default]', 'aws_access_key_id = test:tester'];
    await writeFile(file, [...lines, `aws_secret_access_key = ${swift.key}`, ''].join('\n'));
    const environment = { ...withoutKeys(), AWS_SHARED_CREDENTIALS_FILE: file };
    await using service = await runService({ environment });
    const data = seededBytes('file', 1000);

    await checkWhole(service, await imageWith(service, data), data);
  });

  test('tells that there are none, and does not start', async () => {
    await using folder = await emptyFolder();
    const service = spawnService({
      VITRINE_PORT: '0',
      VITRINE_DATA_DIR: folder.path,
      ...withoutKeys(),
      HOME: folder.path,
      AWS_EC2_METADATA_DISABLED: 'true',
    });

    assert.equal((await service.exited).code, 1);
    assert.match(service.stderr(), /there are no credentials\. Give s3_store_access_key/);
  });
});

/** Crashes a service in two uploads, one of them of an image that is deleted meanwhile. */
async function crashInUploads(folder: string, environment: Environment): Promise<[string, string]> {
  await using crashing = await runService({ folder, environment });
  const begin = async () => {
    const id = await createImage(crashing);
    const upload = await beginUpload(crashing, id);
    upload.on('error', () => undefined);
    await writeAll(upload, seededBytes(id, 12 * mib));
    await untilSaving(crashing, id);
    return id;
  };
  const ids: [string, string] = [await begin(), await begin()];
  await deleteImage(crashing, ids[1]);
  await crashing.crash();
  return ids;
}

interface Large {
  /** Bytes. */
  readonly size: number;
  readonly hash: Hash;
}

async function uploadLarge(service: RunningService, id: string, { size, hash }: Large) {
  // In chunks: the service does not know how much will come.
  const call = await beginUpload(service, id, { 'transfer-encoding': 'chunked' });
  const piece = seededBytes('memory', mib);
  for (let sent = 0; sent < size; sent += mib) {
    // Each piece differs from the last, so that no part of the data can stand in for another.
    piece.writeUInt32BE(sent / mib);
    hash.update(piece);
    if (!call.write(Buffer.from(piece))) await once(call, 'drain');
  }
  call.end();
  assert.equal((await replyTo(call)).status, 204);
}

/** The most memory that the process ever had, bytes. */
async function peakOf({ pid }: RunningService): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
