import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import {
  callService,
  createImage,
  deleteImage,
  downloadImage,
  showImage,
} from '../../support/image-calls.ts';
import { type DataHost, dataHost } from '../../support/imports.ts';
import { postgresDatabase } from '../../support/postgres/databases.ts';
import { type RunningService, runService } from '../../support/running-service.ts';
import { emptyFolder } from '../../support/service-process.ts';
import { seededBytes } from '../../support/slow-data.ts';

const kills = Number(process.env['VITRINE_CACHE_KILLS'] ?? 3);
const data = seededBytes('cached by several', 3_000_000);
const md5 = createHash('md5').update(data).digest('hex');

/** ms between pieces of what the host sends, and how often it was asked for all of it. */
const slowness = { pause: 0, gets: 0 };

let service: RunningService;
let host: DataHost;
let cache: string;
const parts = new AsyncDisposableStack();

/** Sends the data as slowly as is wanted now, from where it is asked for. */
async function sendSlowly(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const range = { 'content-range': `bytes ${from}-${data.length - 1}/${data.length}` };
  const length = { 'content-length': data.length - from };
  response.writeHead(from > 0 ? 206 : 200, { ...length, ...(from > 0 && range) });
  if (request.method === 'HEAD') return void response.end();
  if (from === 0) slowness.gets += 1;
  for (let first = from; first < data.length && !response.destroyed; first += 200_000) {
    response.write(data.subarray(first, first + 200_000));
    if (slowness.pause > 0) await wait(slowness.pause);
  }
  response.end();
}

before(async () => {
  host = parts.use(await dataHost((request, response) => void sendSlowly(request, response)));
  const folder = parts.use(await emptyFolder()).path;
  cache = join(folder, 'cache');
  const config = join(folder, 'vitrine.yaml');
  await writeFile(
    config,
    `stores: [{ id: files, type: file, filesystem_store_datadir: ${folder}/files }, { id: web, type: http }]\n`,
  );
  const database = parts.use(await postgresDatabase());
  service = parts.use(
    await runService({
      environment: {
        VITRINE_CONFIG: config,
        VITRINE_DATABASE_URL: database.url,
        VITRINE_WORKERS: '2',
        VITRINE_IMAGE_CACHE_DIR: cache,
        VITRINE_WEB_ALLOWED_HOSTS: '127.0.0.1',
        VITRINE_WEB_ALLOWED_PORTS: '[]',
        VITRINE_LOG_LEVEL: 'warn',
      },
      logsErrors: true,
    }),
  );
});

after(() => parts.disposeAsync());

async function workers(): Promise<readonly number[]> {
  const { pid } = service;
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.trim().split(' ').filter(Boolean).map(Number);
}

/** An image whose data lies at the host, and has been read once to learn its hash. */
async function distant(): Promise<string> {
  const id = await createImage(service);
  const body = JSON.stringify({ url: `${host.url}${id}` });
  const path = `/v2/images/${id}/locations`;
  assert.equal((await callService(service, { method: 'POST', path, body })).status, 202);
  while ((await showImage(service, id)).os_hash_value === null) await wait(20);
  return id;
}

/** What a download gives; undefined for one that was cut off, or a service that starts just now. */
async function read(id: string): Promise<Buffer | undefined> {
  const reply = await downloadImage(service, id).catch(() => undefined);
  return reply?.status === 200 ? reply.body : undefined;
}

/** Names of the files that are in the cache, or on their way. */
async function files(): Promise<readonly string[]> {
  const entries = await readdir(cache, { recursive: true, withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  return names.filter((name) => !name.startsWith('index.db')).toSorted();
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await holds()); await wait(50)) {
    assert.ok(Date.now() < end, `${what}: ${(await files()).join(' ')}`);
  }
}

test('a process that is killed while it fetches leaves nothing half in the cache, and gives out nothing wrong', async (t) => {
  let cut = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    slowness.pause = 0;
    const id = await distant();
    slowness.pause = 20;
    const reading = Array.from({ length: 4 }, () => read(id));
    await until('it comes', async () => (await files()).some((name) => name.startsWith(id)));
    await wait(kill * 40);
    process.kill((await workers())[kill % 2] ?? assert.fail(), 'SIGKILL');
    for (const got of await Promise.all(reading)) {
      if (got) assert.ok(got.equals(data), 'a download differs');
      else cut += 1;
    }
    slowness.pause = 0;
    await until('both serve', async () => (await workers()).length === 2);

    await until('all of it is cached', async () => {
      const again = await read(id);
      if (again) assert.ok(again.equals(data), 'a later download differs');
      return (await files()).join() === `${id}.${md5}`;
    });
    const gets = slowness.gets;
    assert.ok((await read(id))?.equals(data));
    assert.equal(slowness.gets, gets, 'it is read from the cache');
    await deleteImage(service, id);
    await until('it is forgotten', async () => (await files()).length === 0);
  }
  t.diagnostic(`${kills} kills, ${cut} of ${4 * kills} downloads cut off`);
  assert.ok(cut > 0, 'no kill has hit a download');
});
