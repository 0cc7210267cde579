import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { endTask } from '../../src/database/task-claims.ts';
import { insertTask } from '../../src/database/tasks.ts';
import { createImage, share } from '../support/images.ts';
import { sharedService } from '../support/service.ts';
import { taskWith } from '../support/tasks.ts';

const service = await sharedService();
const future = new Date(Date.now() + 3600_000);
const missing = '00000000-0000-4000-8000-000000000000';
const ids = { first: '', second: '', old: '', image: '' };

before(async () => {
  ids.image = (await createImage(service)).id;
  const owner = service.projects.producer;
  // As if they were over: the service would do those that wait.
  const over = { status: 'success', message: 'Copied 5 MiB', result: { x: 1 } } as const;
  const first = taskWith({ ...over, owner, imageId: ids.image, createdAt: new Date(1000) });
  const second = taskWith({
    ...over,
    status: 'failure',
    owner: service.projects.consumer,
    imageId: ids.image,
    createdAt: new Date(2000),
  });
  const old = taskWith({ owner, createdAt: new Date(3000) });
  Object.assign(ids, { first: first.id, second: second.id, old: old.id });
  await using database = await service.openDatabase();
  await database.transaction(async (db) => {
    for (const task of [first, second]) await insertTask(db, { ...task, expiresAt: future });
    await insertTask(db, old);
    const end = { status: 'success', message: '', result: null, at: new Date(3000) } as const;
    await endTask(db, old.id, { ...end, expiresAt: new Date(4000) });
  });
});

async function listed(query: string): Promise<readonly string[]> {
  const { status, json, text } = await service.call('admin', 'GET', `/v2/tasks${query}`);
  assert.equal(status, 200, text);
  return json.tasks.map(({ id }: { id: string }) => id);
}

describe('GET /v2/tasks', () => {
  test('is for admins', async () => {
    for (const caller of ['producer', 'consumer'] as const) {
      assert.equal((await service.call(caller, 'GET', '/v2/tasks?limit=x')).status, 403);
    }
  });

  test('lists the newest first, without those whose time is over', async () => {
    const { json } = await service.call('admin', 'GET', '/v2/tasks');

    assert.deepEqual(
      json.tasks.map(({ id }: { id: string }) => id),
      [ids.second, ids.first],
    );
    assert.equal(json.first, '/v2/tasks');
    assert.equal(json.schema, '/v2/schemas/tasks');
    assert.deepEqual(Object.keys(json.tasks[0]), [
      ...['id', 'type', 'status', 'owner', 'created_at', 'updated_at', 'self', 'schema'],
    ]);
  });

  for (const [query, names] of [
    ['?sort_dir=asc', ['first', 'second']],
    ['?sort_key=status', ['first', 'second']],
    ['?status=failure', ['second']],
    ['?status=pending', []],
    ['?type=import', []],
    ['?limit=1', ['second']],
    ['?limit=0', []],
  ] as const) {
    test(`${query} finds ${names.join(', ') || 'none'}`, async () => {
      assert.deepEqual(
        await listed(query),
        names.map((name) => ids[name]),
      );
    });
  }

  test('goes on behind the marker, and its link leads there', async () => {
    const { json } = await service.call('admin', 'GET', '/v2/tasks?limit=1&sort_key=owner');
    const { json: rest } = await service.call('admin', 'GET', json.next);

    const both = [...json.tasks, ...rest.tasks].map(({ id }) => id);
    assert.deepEqual(new Set(both), new Set([ids.first, ids.second]));
    assert.equal(both.length, 2);
  });

  for (const query of [
    ...['status=x', 'type=export', 'sort_key=x', 'sort_dir=x', 'limit=-1', 'limit=x', 'marker=x'],
    ...[`marker=${missing}`, 'color=red'],
  ]) {
    test(`refuses ${query}`, async () => {
      const { status, text } = await service.call('admin', 'GET', `/v2/tasks?${query}`);

      assert.equal(status, 400);
      assert.match(text, new RegExp(query.split('=')[0] ?? ''));
    });
  }
});

describe('GET /v2/tasks/{id}', () => {
  test('shows all of a task', async () => {
    const { status, json } = await service.call('admin', 'GET', `/v2/tasks/${ids.first}`);

    assert.equal(status, 200);
    assert.deepEqual(json, {
      id: ids.first,
      type: 'api_image_import',
      status: 'success',
      owner: service.projects.producer,
      input: { import_req: { method: { name: 'glance-direct' } } },
      result: { x: 1 },
      message: 'Copied 5 MiB',
      image_id: ids.image,
      request_id: 'req-1',
      user_id: 'user',
      created_at: '1970-01-01T00:00:01Z',
      updated_at: '1970-01-01T00:00:01Z',
      self: `/v2/tasks/${ids.first}`,
      schema: '/v2/schemas/task',
    });
  });

  test('knows none that is unknown or whose time is over', async () => {
    for (const id of [missing, 'x', ids.old]) {
      const { status } = await service.call('admin', 'GET', `/v2/tasks/${id}`);
      assert.equal(status, 404);
    }
    assert.equal((await service.call('producer', 'GET', `/v2/tasks/${ids.first}`)).status, 403);
  });

  test('is the only thing to do with a task', async () => {
    const answer = await service.call('admin', 'DELETE', `/v2/tasks/${ids.first}`);
    const other = await service.call('producer', 'DELETE', `/v2/tasks/${ids.first}`);

    assert.deepEqual([answer.status, answer.headers['allow'], other.status], [405, 'GET', 403]);
  });
});

describe('GET /v2/images/{id}/tasks', () => {
  const path = () => `/v2/images/${ids.image}/tasks`;

  test('shows those who see the image the tasks of their own project, an admin all', async () => {
    await share(service, ids.image, 'consumer');
    const seen = async (caller: 'admin' | 'producer' | 'consumer') =>
      (await service.call(caller, 'GET', path())).json.tasks.map(({ id }: { id: string }) => id);

    assert.deepEqual(await seen('admin'), [ids.first, ids.second]);
    assert.deepEqual(await seen('producer'), [ids.first]);
    assert.deepEqual(await seen('consumer'), [ids.second]);
    assert.equal((await service.call('stranger', 'GET', path())).status, 404);
  });

  test('shows them as they are kept', async () => {
    const { json } = await service.call('producer', 'GET', path());

    assert.deepEqual(json.tasks, [
      {
        id: ids.first,
        type: 'api_image_import',
        status: 'success',
        owner: service.projects.producer,
        expires_at: null,
        created_at: '1970-01-01T00:00:01.000000',
        updated_at: '1970-01-01T00:00:01.000000',
        deleted_at: null,
        deleted: false,
        image_id: ids.image,
        request_id: 'req-1',
        user_id: 'user',
        input: { import_req: { method: { name: 'glance-direct' } } },
        result: { x: 1 },
        message: 'Copied 5 MiB',
      },
    ]);
  });

  test('wants no body, and is found by GET alone', async () => {
    assert.equal((await service.call('producer', 'GET', path(), {})).status, 400);
    assert.equal((await service.call('producer', 'POST', path())).status, 404);
  });
});
