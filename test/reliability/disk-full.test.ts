import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  beginUpload,
  type Call,
  callService,
  checkQueued,
  checkWhole,
  createImage,
  imageWith,
  type Reply,
  replyTo,
  until,
  uploadImage,
} from '../support/image-calls.ts';
import { beginResumable, goOnAt, tus } from '../support/resumable-uploads.ts';
import { type RunningService, runService } from '../support/running-service.ts';
import { emptyFolder } from '../support/service-process.ts';
import { seededBytes } from '../support/slow-data.ts';

const mib = 1024 * 1024;
const size = 48 * mib;

/** A disk of its own, as small as that. */
async function smallDisk() {
  await using parts = new AsyncDisposableStack();
  const { path } = parts.use(await emptyFolder());
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'vitrine-test', path]);
  parts.defer(() => void execFileSync('umount', [path]));
  const rest = parts.move();
  return { path, [Symbol.asyncDispose]: () => rest.disposeAsync() };
}

/** Takes every byte that is free, for somebody else. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  try {
    for (const piece of [mib, 4096]) {
      for (const bytes = Buffer.alloc(piece); ; ) {
        if (writeSync(file, bytes) < bytes.length) break;
      }
    }
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
  } finally {
    closeSync(file);
  }
}

/** Every file of data, in parts too, but for what is known. */
function strangers(folder: string, known: readonly string[]): readonly string[] {
  const entries = readdirSync(join(folder, 'images'), { recursive: true, withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  return names.filter((name) => !known.includes(name));
}

function text({ body }: Reply): string {
  return String(body);
}

const json = { 'content-type': 'application/json' };
const draft = JSON.stringify({ disk_format: 'raw', container_format: 'bare' });

/** Changes until one is refused: what was set aside for records earlier is filled up first. */
async function refusedChange(service: RunningService, call: Call): Promise<Reply> {
  for (let tries = 0; tries < 5000; tries += 1) {
    const reply = await callService(service, call);
    if (reply.status >= 400) return reply;
  }
  throw new Error('Nothing is refused.');
}

test('on a full disk all can be read, changes are refused in clear words, and all goes on when there is room', async () => {
  await using disk = await smallDisk();
  const folder = join(disk.path, 'data');
  await using service = await runService({
    folder,
    environment: { VITRINE_MIN_FREE_BYTES: '0', VITRINE_AUDIT: 'none', VITRINE_LOG_LEVEL: 'error' },
    logsErrors: true,
  });
  const data = seededBytes('kept', 3 * mib);
  const kept = await imageWith(service, data);
  const resumed = await createImage(service);
  const path = await beginResumable(service, resumed, { data, sent: mib });
  const goOn = () => goOnAt(service, path, { data, from: mib });

  // More than there is room for, of a size that nobody knows.
  const id = await createImage(service);
  const upload = await beginUpload(service, id, { 'transfer-encoding': 'chunked' });
  upload.on('error', () => undefined);
  const large = replyTo(upload);
  upload.end(seededBytes('large', size));
  const refused = await large;
  const filler = join(disk.path, 'filler');
  fill(filler);
  const small = await uploadImage(service, id, data);
  const stopped = await goOn();
  const created = await refusedChange(service, {
    method: 'POST',
    path: '/v2/images',
    headers: json,
    body: draft,
  });

  for (const reply of [refused, small, stopped]) {
    assert.equal(reply.status, 413, text(reply));
    assert.match(text(reply), /The (store|database) has no room for this (image|change)\./);
  }
  assert.equal(created.status, 413, text(created));
  assert.match(text(created), /The database has no room for this change\./);
  await checkWhole(service, kept, data);
  assert.equal((await callService(service, { path: '/v2/images' })).status, 200);
  assert.equal((await callService(service, { path: '/healthcheck' })).status, 200);
  const state = await callService(service, { method: 'HEAD', path, headers: tus });
  assert.equal(state.headers['upload-offset'], String(mib));
  await until(
    'what was refused has left nothing',
    async () => strangers(folder, [kept]).length <= 1,
  );

  rmSync(filler);
  await until('the image is queued again', async () => {
    const { body } = await callService(service, { path: `/v2/images/${id}` });
    return JSON.parse(String(body)).status === 'queued';
  });
  await checkQueued(service, id);
  const last = await goOn();
  const again = await uploadImage(service, id, data);

  assert.equal(last.status, 204, text(last));
  assert.equal(again.status, 204, text(again));
  await checkWhole(service, resumed, data);
  await checkWhole(service, id, data);
  await until(
    'no other file is left',
    async () => strangers(folder, [kept, id, resumed]).length === 0,
  );
});
