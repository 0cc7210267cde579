import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CallerName } from '../support/callers.ts';
import {
  createActiveImage,
  createImage,
  oldPatchType,
  patch,
  patchType,
  share,
} from '../support/images.ts';
import { sharedService } from '../support/service.ts';

const service = await sharedService();
const unknown = '00000000-0000-0000-0000-000000000000';

function show(imageId: string) {
  return service.call('admin', 'GET', `/v2/images/${imageId}`);
}

test('the changes of clients are made as they send them', async () => {
  const { id } = await createImage(service, { a: 'old', gone: 'x' });

  const answer = await patch(service, id, [
    { op: 'add', path: '/a', value: 'b' },
    { op: 'add', path: '/name', value: 'golden' },
    { op: 'add', path: '/tags', value: ['t1', 't2', 't1'] },
    { op: 'replace', path: '/min_disk', value: 5 },
    { op: 'replace', path: '/disk_format', value: null },
    { op: 'add', path: '/a~1b', value: 'slash' },
    { op: 'remove', path: '/gone' },
  ]);

  assert.equal(answer.status, 200);
  const { a, name, tags, min_disk, disk_format, 'a/b': slash, gone } = answer.json;
  assert.deepEqual(
    { a, name, tags, min_disk, disk_format, slash, gone },
    {
      a: 'b',
      name: 'golden',
      tags: ['t1', 't2'],
      min_disk: 5,
      disk_format: null,
      slash: 'slash',
      gone: undefined,
    },
  );
  assert.deepEqual((await show(id)).json, answer.json);
});

test('the old style is understood by its type', async () => {
  const { id } = await createImage(service);
  const path = `/v2/images/${id}`;
  const change = [{ replace: '/name', value: 'x' }, { add: '/k', value: 'v' }, { remove: '/k' }];

  const answer = await service.call('producer', 'PATCH', path, change, oldPatchType);
  const twice = await service.call(
    'producer',
    'PATCH',
    path,
    [{ add: '/name', value: 'y' }],
    oldPatchType,
  );

  assert.equal(answer.json.name, 'x');
  assert.equal(twice.status, 409);
});

describe('a content type', () => {
  for (const type of [
    `${patchType['content-type']}; charset=utf-8`,
    `${oldPatchType['content-type']};charset=UTF-8`,
  ]) {
    test(`may have parameters: ${type}`, async () => {
      const { id } = await createImage(service);
      const headers = { 'content-type': type };

      const answer = await service.call('producer', 'PATCH', `/v2/images/${id}`, [], headers);

      assert.equal(answer.status, 200);
    });
  }

  for (const type of [
    undefined,
    'application/json',
    'application/json-patch+json',
    'application/openstack-images-v2.2-json-patch',
    'nonsense',
  ]) {
    test(`of another kind is refused before the image is looked up: ${type}`, async () => {
      const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };

      const answer = await service.call('producer', 'PATCH', `/v2/images/${unknown}`, [], headers);

      assert.equal(answer.status, 415);
      assert.equal(
        answer.headers['accept-patch'],
        'application/openstack-images-v2.0-json-patch, application/openstack-images-v2.1-json-patch',
      );
    });
  }
});

describe('nothing is saved unless all of it is', () => {
  test('when the last step fails', async () => {
    const image = await createImage(service, { name: 'before' });

    const answer = await patch(service, image.id, [
      { op: 'replace', path: '/name', value: 'after' },
      { op: 'add', path: '/y', value: '1' },
      { op: 'replace', path: '/absent', value: '1' },
    ]);

    assert.equal(answer.status, 409);
    assert.match(answer.text, /Property absent does not exist/);
    assert.deepEqual((await show(image.id)).json, image);
  });

  test('when a step is not allowed', async () => {
    const image = await createImage(service, { name: 'before' });

    const answer = await patch(service, image.id, [
      { op: 'replace', path: '/name', value: 'after' },
      { op: 'replace', path: '/visibility', value: 'public' },
    ]);

    assert.equal(answer.status, 403);
    assert.deepEqual((await show(image.id)).json, image);
  });
});

describe('no steps', () => {
  test('do not make an image the one that was changed last', async () => {
    const first = await createImage(service, { mark: 'no steps' });
    const second = await createImage(service, { mark: 'no steps' });
    const query = '/v2/images?mark=no+steps&sort=updated_at';

    // Times are kept in milliseconds: several calls are surely later than the first image.
    for (const value of ['1', '2', '3', '4', '5']) {
      await patch(service, second.id, [{ op: 'add', path: '/k', value }]);
    }
    await patch(service, first.id, []);
    const before = await service.call('producer', 'GET', query);
    for (const value of ['1', '2', '3', '4', '5']) {
      await patch(service, first.id, [{ op: 'add', path: '/k', value }]);
    }
    const after = await service.call('producer', 'GET', query);

    assert.equal(before.json.images[0].id, second.id);
    assert.equal(after.json.images[0].id, first.id);
  });

  test('are 200 for all who see the image, and change nothing', async () => {
    const image = await createImage(service);
    await share(service, image.id, 'consumer');

    for (const caller of ['producer', 'producer reader', 'consumer', 'admin'] as const) {
      const answer = await patch(service, image.id, [], caller);
      assert.equal(answer.status, 200);
      assert.deepEqual(answer.json, image);
    }
    assert.equal((await patch(service, image.id, [], 'stranger')).status, 404);
  });
});

describe('who may change an image', () => {
  const rights: readonly (readonly [caller: CallerName, status: number])[] = [
    ['producer', 200],
    ['admin', 200],
    ['producer admin', 200],
    ['producer reader', 403],
    ['consumer', 403],
    ['consumer reader', 403],
    ['stranger', 404],
    ['unscoped', 404],
    ['system', 403],
    ['nobody', 401],
  ];
  for (const [caller, status] of rights) {
    test(`${caller}: ${status}`, async () => {
      const { id } = await createImage(service);
      await share(service, id, 'consumer', 'accepted');

      const answer = await patch(service, id, [{ op: 'add', path: '/k', value: 'v' }], caller);

      assert.equal(answer.status, status);
    });
  }

  test('an admin gives an image away, its owner does not', async () => {
    const { id } = await createImage(service);
    const give = (op: string, caller: CallerName) =>
      patch(service, id, [{ op, path: '/owner', value: service.projects.consumer }], caller);

    assert.equal((await give('replace', 'producer')).status, 403);
    assert.equal((await give('add', 'producer')).status, 403);
    assert.equal((await give('replace', 'admin')).json.owner, service.projects.consumer);
    assert.equal((await service.call('producer', 'GET', `/v2/images/${id}`)).status, 404);
    assert.equal((await service.call('consumer', 'GET', `/v2/images/${id}`)).status, 200);
  });
});

describe('visibility', () => {
  for (const [visibility, status] of [
    ['private', 200],
    ['shared', 200],
    ['community', 200],
    ['public', 403],
  ] as const) {
    test(`${visibility} is ${status} for the owner, and 200 for an admin`, async () => {
      const { id } = await createImage(service);
      const change = [{ op: 'add', path: '/visibility', value: visibility }];

      assert.equal((await patch(service, id, change)).status, status);
      assert.equal((await patch(service, id, change, 'admin')).json.visibility, visibility);
    });
  }
});

describe('an image with data', () => {
  for (const name of ['disk_format', 'container_format']) {
    test(`keeps its ${name}`, async () => {
      const { id } = await createActiveImage(service);

      const answer = await patch(service, id, [{ op: 'replace', path: `/${name}`, value: 'ami' }]);

      assert.equal(answer.status, 403);
      assert.match(answer.text, /disk_format and container_format cannot change/);
    });
  }

  test('is otherwise changed as before, and keeps its data', async () => {
    const image = await createActiveImage(service);

    const answer = await patch(service, image.id, [{ op: 'add', path: '/name', value: 'x' }]);

    const { updated_at } = answer.json;
    assert.deepEqual(answer.json, { ...image, name: 'x', updated_at });
  });
});

describe('the order of checks', () => {
  const add = (path: string, value: unknown) => [{ op: 'add', path, value }];

  test('what is malformed or read-only is found before the image is looked up', async () => {
    assert.equal((await patch(service, unknown, {})).status, 400);
    assert.equal((await patch(service, unknown, add('/min_disk', 'x'))).status, 400);
    assert.equal((await patch(service, unknown, add('/status', 'active'))).status, 403);
    assert.equal((await patch(service, unknown, add('/k', 'v'))).status, 404);
  });

  test('who may change is asked before what is there', async () => {
    const { id } = await createImage(service);
    await share(service, id, 'consumer');
    const change = [{ op: 'remove', path: '/absent' }];

    assert.equal((await patch(service, id, change, 'consumer')).status, 403);
    assert.equal((await patch(service, id, change)).status, 409);
  });
});

test('one more than 128 properties or tags is refused, a change of one of them is not', async () => {
  const names = Array.from({ length: 128 }, (_, index) => `p${index}`);
  const properties = Object.fromEntries(names.map((name) => [name, 'x']));
  const { id } = await createImage(service, properties);
  const add = (path: string, value: unknown) => patch(service, id, [{ op: 'add', path, value }]);

  assert.equal((await add('/one_more', 'x')).status, 413);
  assert.equal((await add('/p0', 'y')).json.p0, 'y');
  assert.equal((await add('/tags', names)).json.tags.length, 128);
  assert.equal((await add('/tags', [...names, 'one more'])).status, 413);
});

test('changes at the same time are all kept', async () => {
  const { id } = await createImage(service);
  const names = Array.from({ length: 20 }, (_, index) => `p${index}`);

  await Promise.all(
    names.map((name) => patch(service, id, [{ op: 'add', path: `/${name}`, value: name }])),
  );
  const { json } = await show(id);

  assert.deepEqual(
    names.map((name) => json[name]),
    names,
  );
});
