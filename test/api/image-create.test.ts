import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import type { CallerName } from '../support/callers.ts';
import { countByStatus, createImage } from '../support/images.ts';
import { sharedService } from '../support/service.ts';

const service = await sharedService();

function create(body: unknown, caller: CallerName = 'producer') {
  return service.call(caller, 'POST', '/v2/images', body);
}

function numbered(count: number, prefix: string): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}

test('an empty object makes an image with every default', async () => {
  const answer = await create({});

  assert.equal(answer.status, 201);
  assert.equal(answer.headers['content-type'], 'application/json');
  const { id, created_at, updated_at, ...rest } = answer.json;
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.match(created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.equal(updated_at, created_at);
  assert.equal(answer.headers['location'], `${service.url}/v2/images/${id}`);
  assert.deepEqual(rest, {
    name: null,
    status: 'queued',
    visibility: 'shared',
    protected: false,
    os_hidden: false,
    owner: service.projects.producer,
    tags: [],
    disk_format: null,
    container_format: null,
    min_disk: 0,
    min_ram: 0,
    size: null,
    virtual_size: null,
    checksum: null,
    os_hash_algo: null,
    os_hash_value: null,
    self: `/v2/images/${id}`,
    file: `/v2/images/${id}/file`,
    schema: '/v2/schemas/image',
  });
});

test('what is created is what is shown', async () => {
  const id = randomUUID();
  const body = {
    id,
    name: 'golden ü',
    visibility: 'private',
    protected: true,
    os_hidden: true,
    tags: ['b', 'a', 'b'],
    disk_format: 'qcow2',
    container_format: 'bare',
    min_disk: 1,
    min_ram: 2,
    os_distro: 'debian',
    empty: '',
    constructor: 'a name like any other',
  };

  const created = await create(body);
  const shown = await service.call('producer', 'GET', `/v2/images/${id}`);

  assert.equal(created.status, 201);
  assert.deepEqual(shown.json, created.json);
  for (const [name, value] of Object.entries(body)) {
    assert.deepEqual(shown.json[name], name === 'tags' ? ['b', 'a'] : value, name);
  }
});

test('a content type is not looked at, and a store is only a wish', async () => {
  for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'nonsense']) {
    const headers = { 'content-type': type, 'x-image-meta-store': 'anywhere' };
    const answer = await service.call('producer', 'POST', '/v2/images', {}, headers);
    assert.equal(answer.status, 201, type);
  }
});

test('of a name that stands twice in a body the last value counts', async () => {
  assert.equal((await create('{"name": "a", "name": "b"}')).json.name, 'b');
});

describe('an id', () => {
  test('that is taken is a conflict, also for those who do not see its image', async () => {
    const { id } = await createImage(service);

    for (const caller of ['producer', 'stranger', 'admin'] as const) {
      const answer = await create({ id }, caller);
      assert.equal(answer.status, 409);
      assert.ok(answer.text.includes(id));
    }
  });

  test('is never given out again once its image is deleted', async () => {
    const { id } = await createImage(service);
    await service.call('producer', 'DELETE', `/v2/images/${id}`);

    assert.equal((await create({ id })).status, 409);
  });

  test('is taken once by 20 who want it', async () => {
    const id = randomUUID();

    const answers = await Promise.all(Array.from({ length: 20 }, () => create({ id })));

    assert.deepEqual(countByStatus(answers), { 201: 1, 409: 19 });
  });
});

describe('who may create', () => {
  const rights: readonly (readonly [caller: CallerName, body: object, status: number])[] = [
    ['producer', { visibility: 'private' }, 201],
    ['producer', { visibility: 'community' }, 201],
    ['producer', { visibility: 'public' }, 403],
    ['admin', { visibility: 'public' }, 201],
    ['producer', { owner: null }, 403],
    ['producer', { owner: '' }, 403],
    ['producer', { owner: 'another' }, 403],
    ['admin', { owner: null }, 201],
    ['admin', { owner: '' }, 201],
    ['admin', { owner: 'another', visibility: 'community' }, 201],
    ['producer reader', {}, 403],
    ['unscoped', {}, 403],
    ['system', {}, 403],
    ['nobody', {}, 401],
  ];
  for (const [caller, body, status] of rights) {
    test(`${caller}: ${JSON.stringify(body)} is ${status}`, async () => {
      assert.equal((await create(body, caller)).status, status);
    });
  }

  test('an owner of one own project may be named', async () => {
    assert.equal((await create({ owner: service.projects.producer })).status, 201);
  });

  test('an image without owner is changed and deleted by an admin alone', async () => {
    const { id } = await createImage(service, { owner: null }, 'admin');
    const path = `/v2/images/${id}`;

    const seen = await service.call('producer', 'GET', path);
    const deleted = await service.call('producer', 'DELETE', path);
    const listed = await service.call('producer', 'GET', `/v2/images?id=${id}`);

    assert.equal(seen.json.owner, null);
    assert.equal(deleted.status, 403);
    assert.deepEqual(listed.json.images, []);
    assert.equal((await service.call('admin', 'DELETE', path)).status, 204);
  });

  test('an image without owner that is private is not there for others', async () => {
    const properties = { owner: null, visibility: 'private' };
    const { id } = await createImage(service, properties, 'admin');

    assert.equal((await service.call('producer', 'GET', `/v2/images/${id}`)).status, 404);
  });
});

describe('of several faults the same one is told of', () => {
  const faults: readonly (readonly [body: object, status: number, text: RegExp])[] = [
    [{ stores: 'x', disk_format: 'bad' }, 403, /stores: /],
    [{ disk_format: 'bad', location: 'x' }, 400, /disk_format: /],
    [{ os_glance_x: 'x', owner: 'another' }, 403, /os_glance_x: /],
    [{ owner: 'another', visibility: 'public' }, 403, /owner: /],
    [{ visibility: 'public', tags: numbered(129, 't') }, 403, /visibility: /],
    [{ tags: numbered(129, 't'), status: 'active' }, 413, /tags: /],
    [{ status: 'active', id: '00000000-0000-0000-0000-000000000000' }, 403, /status: /],
  ];
  for (const [body, status, text] of faults) {
    test(`${Object.keys(body).join(' and ')}: ${status} ${text.source}`, async () => {
      const answer = await create(body);

      assert.equal(answer.status, status);
      assert.match(answer.text, text);
    });
  }
});

describe('how much an image carries', () => {
  test('128 tags and 128 custom properties', async () => {
    const properties = Object.fromEntries(numbered(128, 'p').map((name) => [name, 'x']));

    const answer = await create({ tags: numbered(128, 't'), ...properties });

    assert.equal(answer.status, 201);
    assert.equal(answer.json.tags.length, 128);
    assert.equal(answer.json.p127, 'x');
  });

  test('no more, and repeated tags count once', async () => {
    const properties = Object.fromEntries(numbered(129, 'p').map((name) => [name, 'x']));
    const tags = numbered(128, 't');

    const many = await create(properties);
    const tagged = await create({ tags: [...tags, 'one more'] });
    const repeated = await create({ tags: [...tags, ...tags] });

    assert.deepEqual([many.status, tagged.status, repeated.status], [413, 413, 201]);
    assert.match(many.text, /custom properties: at most 128 are allowed, not 129/);
    assert.match(tagged.text, /tags: at most 128 are allowed, not 129/);
  });
});
