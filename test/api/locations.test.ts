import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { StoreEntry } from '../../src/config/store-list.ts';
import type { CallerName } from '../support/callers.ts';
import { createActiveImage, createImage, dataType, patchType, share } from '../support/images.ts';
import {
  type DataHost,
  dataHost,
  imported,
  lastTask,
  openWeb,
  startImport,
} from '../support/imports.ts';
import { exactUsage, imageOf, limitedProject, MiB } from '../support/quotas.ts';
import { type Answer, sharedService } from '../support/service.ts';
import { seededBytes } from '../support/slow-data.ts';

const folder = await mkdtemp(join(tmpdir(), 'vitrine-test-locations-'));
after(() => rm(folder, { recursive: true }));

const more = { description: '', weight: 0, isDefault: false };
const stores: readonly StoreEntry[] = [
  { id: 'web', type: 'http', ...more, own: {} },
  { id: 'fast', type: 'file', ...more, own: { filesystemStoreDatadir: join(folder, 'fast') } },
  { id: 'far', type: 'file', ...more, own: { filesystemStoreDatadir: join(folder, 'far') } },
];
const service = await sharedService({
  config: {
    stores,
    showMultipleLocations: true,
    showImageDirectUrl: true,
    maxParallelStores: 2,
    ...openWeb,
  },
});
const data = Buffer.from(seededBytes('elsewhere', 1_500_000));

function hashOf(algorithm: string, bytes: Uint8Array = data): string {
  return createHash(algorithm).update(bytes).digest('hex');
}

/** A host of data that its owner may replace. */
async function hostOf(given: Uint8Array = data) {
  const held = { data: given, asked: [] as string[] };
  const host: DataHost = await dataHost((request, response) => {
    const bytes = held.data;
    held.asked.push(`${request.method} ${request.headers.range ?? 'all'}`);
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const range = from > 0 && {
      'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
    };
    response.writeHead(range ? 206 : 200, { 'content-length': bytes.length - from, ...range });
    response.end(request.method === 'HEAD' ? undefined : bytes.subarray(from));
  });
  return Object.assign(host, { held });
}

function give(imageId: string, body: unknown, caller: CallerName = 'producer') {
  return service.call(caller, 'POST', `/v2/images/${imageId}/locations`, body);
}

async function given(url: string, validation?: object) {
  const { id } = await createImage(service);
  const body = { url, ...(validation && { validation_data: validation }) };
  const answer = await give(id, body);
  assert.deepEqual([answer.status, answer.text], [202, ''], answer.text);
  const image: Answer['json'] = await imported(service, id);
  return { id, image };
}

const file = (id: string) => `/v2/images/${id}/file`;

describe('POST /v2/images/{id}/locations', () => {
  test('makes an image of what lies at a URL, and computes its hashes afterwards', async () => {
    await using host = await hostOf();

    const { id, image } = await given(`${host.url}disk.raw`);

    assert.equal(image.status, 'active');
    assert.equal(image.size, data.length);
    assert.equal(image.checksum, hashOf('md5'));
    assert.deepEqual([image.os_hash_algo, image.os_hash_value], ['sha512', hashOf('sha512')]);
    assert.equal(image.stores, 'web');
    const { bytes } = await service.call('producer', 'GET', file(id));
    assert(bytes.equals(data));
    const task = await lastTask(service, id);
    assert.deepEqual([task.type, task.status], ['location_import', 'success']);
  });

  test('is active before its hashes are there, and says which task computes them', async () => {
    let goOn = (): void => undefined;
    const waited = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    await using host = await dataHost((request, response) => {
      response.writeHead(200, { 'content-length': 5 });
      if (request.method === 'HEAD') response.end();
      else void waited.then(() => response.end('12345'));
    });
    const { id } = await createImage(service);

    assert.equal((await give(id, { url: host.url })).status, 202);
    const { json: before } = await service.call('producer', 'GET', `/v2/images/${id}`);
    goOn();
    const after: Answer['json'] = await imported(service, id);

    const task = await lastTask(service, id);
    assert.deepEqual(
      [before.status, before.size, before.checksum, before.os_glance_import_task],
      ['active', 5, null, task.id],
    );
    assert.equal(after.os_hash_value, hashOf('sha512', Buffer.from('12345')));
  });

  for (const algorithm of ['md5', 'sha1', 'sha256', 'sha512']) {
    test(`takes the ${algorithm} that the data must have`, async () => {
      await using host = await hostOf();

      const { image } = await given(host.url, {
        os_hash_algo: algorithm,
        os_hash_value: hashOf(algorithm).toUpperCase(),
      });

      assert.equal(image.status, 'active');
      assert.deepEqual([image.os_hash_algo, image.os_hash_value], [algorithm, hashOf(algorithm)]);
    });
  }

  test('leaves a queued image when the data has another hash, or cannot be read', async () => {
    await using host = await hostOf();
    await using broken = await dataHost((request, response) => {
      response.writeHead(request.method === 'HEAD' ? 200 : 404, { 'content-length': 5 }).end();
    });
    const hash = { os_hash_algo: 'sha256', os_hash_value: hashOf('sha256', Buffer.from('x')) };

    for (const url of [host.url, broken.url]) {
      const { id, image } = await given(url, hash);

      const { status, size, os_hash_value, stores: kept } = image;
      assert.deepEqual([status, size, os_hash_value, kept], ['queued', null, null, undefined]);
      const task = await lastTask(service, id);
      assert.equal(task.status, 'failure');
      assert.match(task.message, url === host.url ? /^os_hash_value: / : /not available/);
    }
  });

  test('switches an image off whose data is not of its format', async () => {
    const qcow = Buffer.alloc(1024);
    qcow.write('QFI\xfb', 'latin1');
    await using host = await hostOf(qcow);
    const { id } = await createImage(service, { disk_format: 'vmdk' });

    assert.equal((await give(id, { url: host.url })).status, 202);
    const image: Answer['json'] = await imported(service, id);

    assert.equal(image.status, 'deactivated');
    assert.equal((await lastTask(service, id)).status, 'failure');
    assert.equal((await service.call('producer', 'GET', file(id))).status, 403);
  });

  test('switches an image off whose data cannot be read to its end, or has no signature that fits', async () => {
    await using host = await hostOf();
    await using broken = await dataHost((request, response) => {
      // Whoever looks first finds it there.
      response.writeHead(request.method === 'HEAD' ? 200 : 404, { 'content-length': 5 }).end();
    });
    const signed = {
      img_signature: 'AAAA',
      img_signature_hash_method: 'SHA-256',
      img_signature_key_type: 'RSA-PSS',
      img_signature_certificate_uuid: '00000000-0000-4000-8000-000000000000',
    };

    for (const [url, properties, reason] of [
      [broken.url, {}, /not available/],
      [host.url, signed, /^img_signature_certificate_uuid: /],
    ] as const) {
      const { id } = await createImage(service, properties);
      assert.equal((await give(id, { url })).status, 202);
      const image: Answer['json'] = await imported(service, id);

      assert.equal(image.status, 'deactivated');
      assert.match((await lastTask(service, id)).message, reason);
      assert.equal((await service.call('producer', 'GET', file(id))).status, 403);
    }
  });

  test('is for those who may, of images that wait', async () => {
    await using host = await hostOf();
    const { id } = await createImage(service);
    const active = await createActiveImage(service);
    await share(service, id, 'consumer');
    const body = { url: host.url };

    for (const [caller, status] of [
      ['nobody', 401],
      ['stranger', 404],
      ['consumer', 403],
      ['producer reader', 403],
    ] as const) {
      assert.equal((await give(id, body, caller)).status, status, caller);
    }
    assert.equal((await give(active.id, body)).status, 409);
    assert.equal((await give(active.id, body, 'stranger')).status, 404);
    assert.deepEqual(host.held.asked, []);
    const formless = await createImage(service, { disk_format: undefined });
    assert.match((await give(formless.id, body)).text, /disk_format/);
  });

  test('names what is wrong with what it was sent', async () => {
    const { id } = await createImage(service);
    const url = 'http://127.0.0.1/';
    const hash = (os_hash_algo: unknown, os_hash_value: unknown) => ({
      url,
      validation_data: { os_hash_algo, os_hash_value },
    });

    for (const [body, what] of [
      [{}, /url/],
      [{ url: 5 }, /url/],
      [{ url, metadata: {} }, /metadata/],
      [{ url, validation_data: [] }, /validation_data/],
      [{ url, validation_data: { checksum: 'x' } }, /validation_data\.checksum/],
      [{ url, validation_data: { os_hash_algo: 'sha256' } }, /os_hash_value/],
      [{ url, validation_data: { os_hash_value: 'aa' } }, /os_hash_algo/],
      [hash('sha3', 'aa'), /os_hash_algo/],
      [hash('sha256', 'aa'), /os_hash_value: 64 hex/],
      [hash('sha1', 'x'.repeat(40)), /os_hash_value: 40 hex/],
      [[], /./],
    ] as const) {
      const answer = await give(id, body);
      assert.equal(answer.status, 400, JSON.stringify(body));
      assert.match(answer.text, what);
    }
  });

  test('asks no host that callers may not reach, nor a scheme of another kind', async () => {
    await using host = await hostOf();
    const { id } = await createImage(service);
    const { port } = new URL(host.url);

    for (const url of [
      `http://localhost:${port}/`,
      `http://2130706433:${port}/`,
      `http://user@127.0.0.1:${port}/`,
      'http://169.254.169.254/latest/meta-data',
    ]) {
      assert.equal((await give(id, { url })).status, 400, url);
    }
    for (const url of ['file:///etc/passwd', 's3+https://x/y', 'swift+config://x/y', 'disk']) {
      assert.equal((await give(id, { url })).status, 403, url);
      assert.equal((await give(id, { url }, 'admin')).status, 400, url);
    }
    assert.deepEqual(host.held.asked, []);
  });

  test('wants data at the URL, of a size that is told and allowed', async () => {
    await using empty = await hostOf(Buffer.alloc(0));
    await using host = await hostOf();
    await using gone = await dataHost((_request, response) => response.writeHead(404).end());
    const { id } = await createImage(service);
    const project = await limitedProject(service, { image_size_total: 1 });
    const limited = await imageOf(service, project);

    assert.match((await give(id, { url: empty.url })).text, /no data/);
    assert.match((await give(id, { url: gone.url })).text, /cannot be read/);
    assert.equal((await give(limited, { url: host.url }, 'admin')).status, 413);
    assert.deepEqual(await exactUsage(service, project), {
      images: 1,
      bytes: 0,
      stagedBytes: 0,
      uploads: 0,
    });
  });

  test('counts the data against the quota of its project, until the image is deleted', async () => {
    await using host = await hostOf();
    const project = await limitedProject(service, { image_size_total: 10 });
    const id = await imageOf(service, project);

    assert.equal((await give(id, { url: host.url }, 'admin')).status, 202);
    await imported(service, id);
    const during = await exactUsage(service, project);
    await service.call('admin', 'DELETE', `/v2/images/${id}`);

    assert.equal(during.bytes, data.length);
    assert.equal((await exactUsage(service, project)).bytes, 0);
    assert(host.held.asked.every((line) => /^(GET|HEAD) /.test(line)));
    assert(data.length < 10 * MiB);
  });
});

describe('Data at a URL', () => {
  test('is sent whole and in parts', async () => {
    await using host = await hostOf();
    const { id } = await given(host.url);
    host.held.asked.length = 0;

    const part = await service.call('producer', 'GET', file(id), undefined, {
      range: 'bytes=1200000-1200099',
    });

    assert.equal(part.status, 206);
    assert(part.bytes.equals(data.subarray(1_200_000, 1_200_100)));
    // A chunk is read whole, to be compared with its checksum.
    assert.deepEqual(host.held.asked, ['HEAD all', 'GET bytes=1048576-']);
  });

  test('is never sent whole once it is another', async () => {
    await using host = await hostOf();
    const { id } = await given(host.url);
    const replaced = Buffer.from(data);
    replaced.writeUInt8((replaced.at(-1) ?? 0) ^ 1, replaced.length - 1);
    host.held.data = replaced;

    const whole = await service
      .call('producer', 'GET', file(id))
      .then(({ bytes }) => bytes.length)
      .catch(() => -1);
    host.held.data = data.subarray(1);
    const shorter = await service.call('producer', 'GET', file(id));

    assert.notEqual(whole, data.length);
    assert.equal(shorter.status, 503);
  });

  test('is copied to stores of the service’s own, and compared', async () => {
    await using host = await hostOf();
    const { id } = await given(host.url, {
      os_hash_algo: 'sha256',
      os_hash_value: hashOf('sha256'),
    });
    const copy = { method: { name: 'copy-image' }, stores: ['fast'] };

    assert.equal((await startImport(service, id, copy, 'admin')).status, 202);
    const image: Answer['json'] = await imported(service, id);
    const removed = await service.call('admin', 'DELETE', `/v2/stores/web/${id}`);
    host.held.asked.length = 0;
    const { bytes } = await service.call('producer', 'GET', file(id));

    assert.equal(image.stores, 'fast,web');
    assert.deepEqual([image.os_hash_algo, image.os_hash_value], ['sha256', hashOf('sha256')]);
    assert.equal(removed.status, 204);
    assert(bytes.equals(data));
    assert.deepEqual(host.held.asked, []);
  });

  test('is copied to several stores at once', async () => {
    let waiting: (() => void)[] | undefined;
    await using host = await dataHost((request, response) => {
      response.writeHead(200, { 'content-length': 5 });
      if (request.method === 'HEAD') response.end();
      else if (!waiting) response.end('12345');
      else waiting.push(() => response.end('12345'));
      // Neither goes on before the other has begun.
      if (waiting?.length === 2) for (const goOn of waiting) goOn();
    });
    const { id } = await given(host.url);
    waiting = [];
    const copy = { method: { name: 'copy-image' }, all_stores: true };

    assert.equal((await startImport(service, id, copy, 'admin')).status, 202);
    const image: Answer['json'] = await imported(service, id);

    assert.equal(image.stores, 'far,fast,web');
    assert.equal(waiting.length, 2);
  });

  test('lies in a store that takes none', async () => {
    const { id } = await createImage(service);
    const upload = await service.call('producer', 'PUT', file(id), 'x', {
      ...dataType,
      'x-image-meta-store': 'web',
    });
    const method = { name: 'web-download', uri: 'http://127.0.0.1/' };
    const { json } = await service.call('admin', 'GET', '/v2/info/stores/detail');

    assert.equal(upload.status, 410);
    assert.equal((await startImport(service, id, { method, stores: ['web'] })).status, 409);
    const [own, web, ..._others] = json.stores;
    assert.deepEqual([own.id, own.default], ['fast', 'true']);
    assert.deepEqual(web, {
      id: 'web',
      'read-only': 'true',
      type: 'http',
      weight: 0,
      properties: {},
    });
  });
});

describe('GET /v2/images/{id}/locations', () => {
  test('tells services and admins where data lies', async () => {
    await using host = await hostOf();
    const { id } = await given(host.url);
    await share(service, id, 'consumer');
    const path = `/v2/images/${id}/locations`;

    const { status, json } = await service.call('admin', 'GET', path);

    assert.equal(status, 200);
    assert.deepEqual(json, [{ url: host.url, metadata: { store: 'web' } }]);
    for (const [caller, refused] of [
      ['producer', 403],
      ['consumer', 403],
      ['stranger', 404],
      ['nobody', 401],
    ] as const) {
      assert.equal((await service.call(caller, 'GET', path)).status, refused, caller);
    }
    const queued = await createImage(service);
    const none = await service.call('admin', 'GET', `/v2/images/${queued.id}/locations`);
    assert.deepEqual(none.json, []);
  });
});

describe('PATCH of locations', () => {
  const add = (url: string, more: object = {}) => ({
    op: 'add',
    path: '/locations/-',
    value: { url, metadata: {}, ...more },
  });
  const change = (id: string, operations: unknown, caller: CallerName = 'producer') =>
    service.call(caller, 'PATCH', `/v2/images/${id}`, operations, patchType);
  const show = async (id: string, caller: CallerName = 'producer') =>
    (await service.call(caller, 'GET', `/v2/images/${id}`)).json;

  test('makes an image of what lies at a URL, and tells its owner of it', async () => {
    await using host = await hostOf();
    const { id, locations } = await createImage(service);
    await share(service, id, 'consumer');

    const answer = await change(id, [add(host.url, { metadata: { rack: 'a' } })]);

    assert.deepEqual(locations, []);
    assert.equal(answer.status, 200, answer.text);
    const place = { url: host.url, metadata: { rack: 'a', store: 'web' } };
    for (const image of [answer.json, await show(id)]) {
      assert.equal(image.status, 'active');
      assert.equal(image.size, data.length);
      assert.deepEqual(image.locations, [place]);
      assert.equal(image.direct_url, host.url);
    }
    const { json } = await service.call('producer', 'GET', '/v2/images');
    assert.deepEqual(json.images.find((one: { id: string }) => one.id === id).locations, [place]);
    const consumed = await show(id, 'consumer');
    assert.deepEqual([consumed.locations, consumed.direct_url], [undefined, undefined]);
    const { bytes } = await service.call('consumer', 'GET', file(id));
    assert(bytes.equals(data));
  });

  test('of copies that are made side by side of data without hashes, none is unlike another', async () => {
    const both = Promise.withResolvers<void>();
    let gets = 0;
    await using host = await dataHost((request, response) => {
      response.writeHead(200, { 'content-length': 9 });
      if (request.method === 'HEAD') {
        response.end();
        return;
      }
      gets += 1;
      const bytes = `answer ${gets}.`;
      // Neither has been seen whole when the other begins.
      if (gets === 2) both.resolve();
      void both.promise.then(() => response.end(bytes));
    });
    const { id } = await createImage(service);
    assert.equal((await change(id, [add(host.url)])).status, 200);

    const method = { name: 'copy-image' };
    const body = { method, stores: ['fast', 'far'], all_stores_must_succeed: false };
    assert.equal((await startImport(service, id, body, 'admin')).status, 202);
    const image = (await imported(service, id)) as Answer['json'];

    assert.equal(gets, 2);
    assert.equal(image.locations.length, 2);
    const copied = image.locations[1].metadata.store;
    assert.equal(image.os_glance_failed_import, copied === 'fast' ? 'far' : 'fast');
    const copy = (await service.call('admin', 'GET', `/v2/images/${id}`)).json;
    const whole = ['answer 1.', 'answer 2.'].map((text) => hashOf('sha512', Buffer.from(text)));
    assert.ok(whole.includes(copy.os_hash_value));
  });

  test('adds further places of the same data, changes what is said of them, and takes them away', async () => {
    await using first = await hostOf();
    await using second = await hostOf();
    await using other = await hostOf(data.subarray(1));
    const { id } = await createImage(service);
    const hash = { os_hash_algo: 'sha512', os_hash_value: hashOf('sha512') };
    await change(id, [add(first.url, { validation_data: hash })]);
    const wrong = { ...hash, os_hash_value: hashOf('sha512', Buffer.from('x')) };
    const urls = async () => (await show(id)).locations.map((one: { url: string }) => one.url);

    const twins = await change(id, [add(first.url)]);
    const another = await change(id, [add(other.url)]);
    const unlike = await change(id, [add(second.url, { validation_data: wrong })]);
    const front = { ...add(second.url, { validation_data: hash }), path: '/locations/0' };
    const added = await change(id, [front]);

    assert.deepEqual([twins.status, another.status, unlike.status], [400, 409, 409]);
    assert.equal(added.status, 200, added.text);
    assert.equal((await show(id)).os_hash_value, hashOf('sha512'));
    assert.deepEqual(await urls(), [second.url, first.url]);
    const value = [first, second].map(({ url }, n) => ({ url, metadata: { n: String(n) } }));
    const replace = { op: 'replace', path: '/locations', value };
    assert.equal((await change(id, [replace])).status, 200);
    assert.deepEqual((await show(id)).locations[1].metadata, { n: '1', store: 'web' });
    const less = { ...replace, value: value.slice(1) };
    assert.equal((await change(id, [less])).status, 400);
    assert.equal((await change(id, [{ ...replace, value: [] }])).status, 403);
    const remove = { op: 'remove', path: '/locations/1' };
    assert.equal((await change(id, [remove])).status, 403);
    assert.equal((await change(id, [remove], 'admin')).status, 200);
    assert.deepEqual(await urls(), [first.url]);
    assert.equal((await change(id, [remove], 'admin')).status, 400);
    const last = { ...remove, path: '/locations/0' };
    assert.equal((await change(id, [last], 'admin')).status, 403);
  });

  test('of data of the service’s own removes it', async () => {
    await using host = await hostOf();
    const { id } = await createActiveImage(service, data);
    const own = join(folder, 'fast');
    const isKept = async () =>
      (await readdir(own, { recursive: true })).some((n) => n.endsWith(id));

    assert.equal((await change(id, [add(host.url)])).status, 200);
    const before = await isKept();
    const remove = { op: 'remove', path: '/locations/0' };
    assert.equal((await change(id, [remove], 'admin')).status, 200);
    const end = Date.now() + 5000;
    while ((await isKept()) && Date.now() < end) await new Promise(setImmediate);

    assert.deepEqual([before, await isKept()], [true, false]);
    const { bytes } = await service.call('producer', 'GET', file(id));
    assert(bytes.equals(data));
  });

  test('is refused for others, in other states, and for what is no place of data', async () => {
    await using host = await hostOf();
    await using empty = await hostOf(Buffer.alloc(0));
    const { id } = await createImage(service);
    await share(service, id, 'consumer');
    const stagedImageId = (await createImage(service)).id;
    const stage = `/v2/images/${stagedImageId}/stage`;
    await service.call('producer', 'PUT', stage, 'x', dataType);

    for (const [caller, status] of [
      ['consumer', 403],
      ['producer reader', 403],
      ['stranger', 404],
    ] as const) {
      assert.equal((await change(id, [add(host.url)], caller)).status, status, caller);
    }
    assert.equal((await change(stagedImageId, [add(host.url)])).status, 409);
    assert.deepEqual(host.held.asked, []);
    for (const url of [
      'file:///etc/passwd',
      'filesystem:///etc/passwd',
      'swift+config://x/y',
      `file://${folder}/fast/x`,
      'http://169.254.169.254/',
      empty.url,
    ]) {
      assert.equal((await change(id, [add(url)])).status, 400, url);
    }
    const many = Array.from({ length: 11 }, (_, n) => add(`${host.url}${n}`));
    assert.equal((await change(id, many)).status, 413);
    assert.equal((await change(id, [{ ...add(host.url), path: '/locations/1' }])).status, 400);
    const md5 = { os_hash_algo: 'md5', os_hash_value: hashOf('md5') };
    assert.equal((await change(id, [add(host.url, { validation_data: md5 })])).status, 409);
    const far = add(host.url, { metadata: { store: 'fast' } });
    assert.equal((await change(id, [far])).status, 400);
    assert.equal((await show(id)).status, 'queued');
  });
});
