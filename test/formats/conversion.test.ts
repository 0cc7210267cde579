import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, test } from 'node:test';
import { openConverter } from '../../src/service/conversion/converter.ts';
import { iso, partitioned, qcow2 as qcow2Of } from '../support/disk-images.ts';
import { createImage, expectStatus } from '../support/images.ts';
import {
  dataHost,
  imported,
  lastTask,
  openWeb,
  stagedImage,
  startImport,
} from '../support/imports.ts';
import { type RunningService, runService } from '../support/running-service.ts';
import { sharedService, startTestService, type TestService } from '../support/service.ts';
import { emptyFolder } from '../support/service-process.ts';
import { type MadeImage, makeImage, qemuImg } from './made-images.ts';

const folder = await emptyFolder();
after(() => folder[Symbol.asyncDispose]());

const plugins = { ...openWeb, imageImportPlugins: ['image_conversion'] } as const;
const services = {
  raw: await sharedService({ config: { ...plugins, imageConversionMaxSize: 4 } }),
  qcow2: await sharedService({
    config: { ...plugins, imageConversionOutputFormat: 'qcow2', imageConversionMaxSize: 4 },
  }),
  vmdk: await sharedService({
    config: {
      ...plugins,
      imageConversionOutputFormat: 'vmdk',
      imageStageTotal: 1024,
      imageSizeTotal: 1024,
    },
  }),
};

const sources: readonly MadeImage[] = [
  { kind: 'raw', diskFormat: 'raw' },
  { kind: 'qcow2', options: 'compression_type=zstd', diskFormat: 'qcow2' },
  { kind: 'vmdk', options: 'subformat=streamOptimized', diskFormat: 'vmdk' },
  { kind: 'vmdk', options: 'subformat=monolithicSparse', diskFormat: 'vmdk' },
  { kind: 'vpc', options: 'subformat=dynamic', diskFormat: 'vhd' },
  { kind: 'vpc', options: 'subformat=fixed', diskFormat: 'vhd' },
  { kind: 'vhdx', diskFormat: 'vhdx' },
  { kind: 'vdi', diskFormat: 'vdi' },
];

/** The names of the files with data, and of what is being converted. */
async function filesOf({ folder: data }: { readonly folder: string }): Promise<readonly string[]> {
  const lists = ['images', 'conversions'].map((name) =>
    readdir(join(data, name), { recursive: true, withFileTypes: true }),
  );
  const entries = (await Promise.all(lists)).flat();
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

/** What `qemu-img` makes of the data: the disk inside. */
function insideOf(data: Uint8Array, kind: string): Buffer {
  const path = join(folder.path, 'told');
  writeFileSync(path, data);
  qemuImg('convert', '-f', kind, '-O', 'raw', path, `${path}.raw`);
  return readFileSync(`${path}.raw`);
}

async function dataOf(service: TestService, id: string): Promise<Buffer> {
  const answer = await service.call('producer', 'GET', `/v2/images/${id}/file`);
  expectStatus(answer, 200);
  return answer.bytes;
}

for (const [format, service] of Object.entries(services)) {
  for (const source of sources) {
    const name = `${source.kind} ${source.options ?? ''}`.trim();
    test(`${name} is converted to ${format}, and the disk inside stays as it is`, async () => {
      const path = makeImage(folder.path, source, `source-${format}`);
      const given = readFileSync(path);
      const { id } = await stagedImage(service, given, { disk_format: source.diskFormat });

      await startImport(service, id);
      const image = await imported(service, id);

      assert.equal((await lastTask(service, id)).message, '');
      assert.deepEqual([image['status'], image['disk_format']], ['active', format]);
      const data = await dataOf(service, id);
      const disk = insideOf(given, source.kind);
      assert.equal(image['size'], data.length);
      assert.equal(image['virtual_size'], disk.length);
      assert.equal(image['checksum'], createHash('md5').update(data).digest('hex'));
      assert.equal(image['os_hash_value'], createHash('sha512').update(data).digest('hex'));
      assert.ok(insideOf(data, format).equals(disk));
      assert.deepEqual(await filesOf(service), (await filesOf(service)).filter(isWhole));
    });
  }
}

function isWhole(name: string): boolean {
  return !/source|result|partial/.test(name);
}

test('a download is converted, and so is what a task of its own brings', async () => {
  const given = readFileSync(
    makeImage(folder.path, { kind: 'qcow2', diskFormat: 'qcow2' }, 'downloaded'),
  );
  await using host = await dataHost((_request, response) => {
    response.writeHead(200, { 'content-length': given.length }).end(given);
  });
  const { id } = await createImage(services.raw, { disk_format: 'qcow2' });

  await startImport(services.raw, id, { method: { name: 'web-download', uri: host.url } });

  const image = await imported(services.raw, id);
  assert.deepEqual([image['status'], image['disk_format']], ['active', 'raw']);
  assert.ok((await dataOf(services.raw, id)).equals(insideOf(given, 'qcow2')));
});

test('a CD, a kernel and what is in a container keep their format', async () => {
  const disk = partitioned(undefined, 1024);
  for (const [data, properties] of [
    [disk, { disk_format: 'raw', container_format: 'ova' }],
    [disk, { disk_format: 'aki', container_format: 'aki' }],
    [iso(), { disk_format: 'iso', container_format: 'bare' }],
  ] as const) {
    const { id } = await stagedImage(services.qcow2, data, properties);

    await startImport(services.qcow2, id);

    const image = await imported(services.qcow2, id);
    assert.deepEqual([image['status'], image['disk_format']], ['active', properties.disk_format]);
    assert.equal(image['size'], data.length);
  }
});

test('a disk of which there is more inside than may be is not begun with', async () => {
  const path = join(folder.path, 'bomb');
  qemuImg('create', '-q', '-f', 'qcow2', path, '1T');
  const before = await filesOf(services.raw);
  const { id } = await stagedImage(services.raw, readFileSync(path), { disk_format: 'qcow2' });

  await startImport(services.raw, id);

  const image = await imported(services.raw, id);
  assert.deepEqual([image['status'], image['disk_format']], ['queued', 'qcow2']);
  assert.match((await lastTask(services.raw, id)).message, /larger than 4 GiB/);
  assert.deepEqual((await filesOf(services.raw)).toSorted(), before.toSorted());
});

test('a disk that looks like another one inside is refused once it is that', async () => {
  const nested = join(folder.path, 'nested');
  writeFileSync(`${nested}.raw`, qcow2Of({ backingFile: '/etc/passwd' }));
  qemuImg('convert', '-f', 'raw', '-O', 'qcow2', `${nested}.raw`, nested);
  const before = await filesOf(services.raw);
  const { id } = await stagedImage(services.raw, readFileSync(nested), { disk_format: 'qcow2' });

  await startImport(services.raw, id);

  const image = await imported(services.raw, id);
  assert.deepEqual([image['status'], image['disk_format']], ['queued', 'qcow2']);
  assert.match((await lastTask(services.raw, id)).message, /may not be kept: .*backing file/);
  assert.deepEqual((await filesOf(services.raw)).toSorted(), before.toSorted());
});

test('what comes of a conversion counts, and no more than may be staged is begun', async () => {
  const path = join(folder.path, 'large');
  qemuImg('create', '-q', '-f', 'qcow2', path, '2G');
  await using service = await startTestService({
    config: { ...plugins, imageStageTotal: 1024, imageSizeTotal: 10_240 },
  });
  const { id } = await stagedImage(service, readFileSync(path), { disk_format: 'qcow2' });

  await startImport(service, id);

  assert.equal((await imported(service, id))['status'], 'queued');
  assert.match((await lastTask(service, id)).message, /image_stage_total/);
});

test('a damaged disk is refused with what qemu-img says of it, which names no file of the machine', async () => {
  const path = makeImage(folder.path, { kind: 'qcow2', diskFormat: 'qcow2' }, 'damaged');
  const data = readFileSync(path);
  // Where its first table of clusters is.
  data.writeBigUInt64BE(0xffff_ffff_ffffn, 40);
  const { id } = await stagedImage(services.raw, data, { disk_format: 'qcow2' });

  await startImport(services.raw, id);

  assert.equal((await imported(services.raw, id))['status'], 'queued');
  const { message } = await lastTask(services.raw, id);
  assert.match(message, /could not be converted to raw: /);
  assert.doesNotMatch(message, /tmp|conversions/);
});

test('the disk is watched while the source of a conversion is still written', async () => {
  const place = join(folder.path, 'watched');
  const operators = {
    ...{ program: '/usr/bin/qemu-img', folder: place, vmdkType: 'streamOptimized' },
    ...{ maxVirtualSize: 2 ** 30, timeLimit: 60, minFreeBytes: 0 },
  };
  const converter = await openConverter(operators);
  // The rest of it never comes.
  const slow = new Readable({
    read() {
      if (operators.minFreeBytes === 0) this.push(Buffer.alloc(512));
      // Less of the disk is free from then on than is to be left.
      operators.minFreeBytes = Number.MAX_SAFE_INTEGER;
    },
  });

  await assert.rejects(
    converter.convert(randomUUID(), {
      ...{ data: slow, size: 1024, from: 'raw', to: 'qcow2', virtualSize: 1024 },
      signal: AbortSignal.timeout(5000),
      onProgress: () => {},
    }),
    { code: 'QuotaExceeded', message: /no room to convert/ },
  );
  assert.equal(slow.destroyed, true);
  assert.deepEqual(await readdir(place), []);
});

test('a conversion is cut off by its time', async () => {
  await using service = await startTestService({
    config: { ...plugins, imageConversionOutputFormat: 'vmdk', imageConversionTimeLimit: 1 },
  });
  const { id } = await stagedImage(service, noise, { disk_format: 'raw' });

  await startImport(service, id);

  assert.equal((await imported(service, id))['status'], 'queued');
  assert.match((await lastTask(service, id)).message, /takes? more than 1 seconds|it took more/);
  assert.deepEqual(await filesOf(service), []);
});

/** Takes some seconds to be packed. */
const noise = randomBytes(160 * 1024 * 1024);

/** The ids of the processes that convert in a data folder. */
async function convertersIn(data: string): Promise<readonly number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    const place = await readlink(`/proc/${name}/cwd`).catch(() => '');
    if (command.includes('qemu-img\0convert') && place.startsWith(data)) found.push(Number(name));
  }
  return found;
}

async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (let end = Date.now() + 30_000; ; ) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    assert.ok(Date.now() < end, 'it does not come to that');
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}

/** An import that is amid its conversion: its image, and the process at it. */
async function converting(service: TestService) {
  const { id } = await stagedImage(service, noise, { disk_format: 'raw' });
  await startImport(service, id);
  const pid = await until(async () => (await convertersIn(service.folder))[0]);
  return { id, pid };
}

test('an image whose conversion is killed half-way is queued, and has no data', async () => {
  const { vmdk: service } = services;
  const before = await filesOf(service);
  const { id, pid } = await converting(service);

  process.kill(pid, 'SIGKILL');

  const image = await imported(service, id);
  assert.deepEqual([image['status'], image['disk_format'], image['size']], ['queued', 'raw', null]);
  assert.equal((await lastTask(service, id)).status, 'failure');
  assert.deepEqual((await filesOf(service)).toSorted(), before.toSorted());
});

test('deleting an image ends its conversion, and nothing of it stays', async () => {
  const { vmdk: service } = services;
  const before = (await filesOf(service)).toSorted().join();
  const { id } = await converting(service);

  expectStatus(await service.call('producer', 'DELETE', `/v2/images/${id}`), 204);

  await until(async () => (await convertersIn(service.folder)).length === 0);
  await until(async () => (await filesOf(service)).toSorted().join() === before);
});

test('a process in its confines has no network, no environment, no input and its limits', async () => {
  const { pid } = await converting(services.vmdk);
  // What confines it becomes the program itself, under the same number.
  await until(async () => /qemu-img$/.test(await readlink(`/proc/${pid}/exe`)));
  const limits = await readFile(`/proc/${pid}/limits`, 'utf8');
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
  const network = await readlink(`/proc/${pid}/ns/net`);
  const input = await readlink(`/proc/${pid}/fd/0`);
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  process.kill(pid, 'SIGKILL');

  assert.match(limits, /Max address space +1073741824 /);
  assert.match(limits, /Max cpu time +3600 /);
  assert.match(limits, /Max core file size +0 /);
  assert.match(limits, /Max file size +(?!unlimited)\d+ /);
  assert.equal(environment, 'LC_ALL=C\0MALLOC_ARENA_MAX=1\0');
  assert.notEqual(network, await readlink('/proc/self/ns/net'));
  assert.equal(input, '/dev/null');
  assert.match(status, /NoNewPrivs:\t1/);
  assert.equal(/NSsid:\t(\d+)/.exec(status)?.[1], String(pid));
});

/** A service in a process of its own. */
function ownService(data: string): Promise<RunningService> {
  const environment = {
    VITRINE_IMAGE_IMPORT_PLUGINS: 'image_conversion',
    VITRINE_IMAGE_CONVERSION_OUTPUT_FORMAT: 'vmdk',
  };
  return runService({ folder: data, environment });
}

test('a killed service takes its conversion with it, and the next one begins it anew', async () => {
  await using data = await emptyFolder();
  const call = (
    service: RunningService,
    token: string,
    path: string,
    init: Omit<RequestInit, 'headers'> & { readonly headers?: Record<string, string> } = {},
  ) =>
    fetch(`${service.url}/v2/images${path}`, {
      ...init,
      headers: { 'x-auth-token': token, ...init.headers },
    });
  const first = await ownService(data.path);
  const token = await first.token('producer');
  const body = JSON.stringify({ disk_format: 'raw', container_format: 'bare' });
  const made = await call(first, token, '', { method: 'POST', body });
  const { id } = (await made.json()) as { readonly id: string };
  const headers = { 'content-type': 'application/octet-stream' };
  await call(first, token, `/${id}/stage`, { method: 'PUT', body: noise, headers });
  const order = JSON.stringify({ method: { name: 'glance-direct' } });
  await call(first, token, `/${id}/import`, { method: 'POST', body: order });
  await until(async () => (await convertersIn(data.path))[0]);

  await first.crash();

  await until(async () => (await convertersIn(data.path)).length === 0);
  await using second = await ownService(data.path);
  const image = await until(async () => {
    const answer = await call(second, await second.token('producer'), `/${id}`);
    const seen = (await answer.json()) as Readonly<Record<string, unknown>>;
    return seen['status'] === 'importing' ? undefined : seen;
  });
  assert.deepEqual([image['status'], image['disk_format']], ['active', 'vmdk']);
  assert.equal(image['virtual_size'], noise.length);
  assert.equal((await filesOf({ folder: data.path })).length, 1);
});
