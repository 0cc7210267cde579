import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import type { CallerName } from '../support/callers.ts';
import { createActiveImage, createImage, share } from '../support/images.ts';
import { sharedService } from '../support/service.ts';

const service = await sharedService();

async function list(query: string, caller: CallerName = 'producer') {
  const answer = await service.call(caller, 'GET', `/v2/images?${query}`);
  assert.equal(answer.status, 200, answer.text);
  const names = answer.json.images.map(({ name }: { name: string | null }) => name);
  return { ...answer.json, names } as { names: string[]; first: string; next?: string };
}

/** Images that no other test knows, by a property that they alone have. */
async function family(...members: readonly Readonly<Record<string, unknown>>[]): Promise<string> {
  const mark = randomUUID();
  for (const properties of members) await createImage(service, { mark, ...properties });
  return `mark=${mark}`;
}

describe('the default list', () => {
  test('is newest first, each image as its own call shows it', async () => {
    const mark = await family({ name: 'old' }, { name: 'new' });

    const answer = await service.call('producer', 'GET', `/v2/images?${mark}`);
    const [newest, oldest] = answer.json.images;
    const shown = await service.call('producer', 'GET', `/v2/images/${newest.id}`);

    assert.equal(answer.headers['content-type'], 'application/json');
    assert.deepEqual([newest.name, oldest.name], ['new', 'old']);
    assert.deepEqual(newest, shown.json);
    assert.deepEqual(Object.keys(answer.json), ['images', 'first', 'schema']);
    assert.equal(answer.json.schema, '/v2/schemas/images');
  });

  test('is empty, not an error, where nothing matches', async () => {
    assert.deepEqual((await list(`mark=${randomUUID()}`)).names, []);
  });

  test('has 25 images to a page', async () => {
    const mark = await family(...Array.from({ length: 26 }, (_, index) => ({ name: `${index}` })));

    const first = await list(mark);
    const second = await list(String(first.next).split('?')[1] ?? '');

    assert.equal(first.names.length, 25);
    assert.deepEqual(second.names, ['0']);
    assert.equal(second.next, undefined);
  });

  for (const [caller, status] of [
    ['producer reader', 200],
    ['unscoped', 403],
    ['system', 403],
    ['nobody', 401],
  ] as const) {
    test(`is ${status} for ${caller}`, async () => {
      assert.equal((await service.call(caller, 'GET', '/v2/images')).status, status);
    });
  }
});

describe('pages', () => {
  test('follow each other by next until all is said', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const mark = await family(...names.map((name) => ({ name })));
    const found: string[] = [];
    let query: string | undefined = `${mark}&limit=2&sort=name:asc`;
    while (query !== undefined) {
      const page = await list(query);
      found.push(...page.names);
      query = page.next?.split('?')[1];
    }

    assert.deepEqual(found, names);
  });

  test('that are exactly full are followed by an empty one', async () => {
    const mark = await family({ name: 'a' }, { name: 'b' });

    const full = await list(`${mark}&limit=2`);
    const empty = await list(String(full.next).split('?')[1] ?? '');

    assert.equal(full.names.length, 2);
    assert.deepEqual([empty.names, empty.next], [[], undefined]);
  });

  test('of no images have no next', async () => {
    const page = await list('limit=0');

    assert.deepEqual([page.names, page.first, page.next], [[], '/v2/images?limit=0', undefined]);
  });

  test('keep every parameter in their links', async () => {
    const mark = await family({ name: 'a b&c', tags: ['x', 'y'] });

    const page = await list(`${mark}&name=a%20b%26c&tag=x&tag=y&limit=1`);

    assert.equal(page.first, `/v2/images?${mark}&name=a+b%26c&tag=x&tag=y&limit=1`);
    assert.match(String(page.next), /^\/v2\/images\?mark=.*&limit=1&marker=[0-9a-f-]{36}$/);
  });

  test('do not start after an image that is not there, or not for the caller', async () => {
    const hidden = await createImage(service);
    const gone = await createImage(service);
    await service.call('producer', 'DELETE', `/v2/images/${gone.id}`);
    const texts = [];
    for (const marker of [hidden.id, gone.id, randomUUID(), 'no-id', '']) {
      const answer = await service.call('stranger', 'GET', `/v2/images?marker=${marker}`);
      assert.equal(answer.status, 400, marker);
      texts.push(answer.text.replace(marker, '…'));
    }

    assert.equal(new Set(texts.slice(0, 3)).size, 1, 'nothing tells them apart');
  });

  test('start after an image that is itself not in the list', async () => {
    const mark = await family({ name: 'a' });
    const later = await createImage(service, { name: 'later', os_hidden: true });

    assert.deepEqual((await list(`${mark}&marker=${later.id}`)).names, ['a']);
  });
});

describe('filters', () => {
  type Case = readonly [query: string, names: readonly string[]];

  test('of text take one value or several', async () => {
    const mark = await family({ name: 'a' }, { name: 'b' }, { name: 'c,d' }, { name: 'x:y' });
    const cases: readonly Case[] = [
      ['name=a', ['a']],
      ['name=A', []],
      ['name=', []],
      ['name=eq:x:y', ['x:y']],
      ['name=in:a,b', ['a', 'b']],
      ['name=in:"c,d",a', ['a', 'c,d']],
      ['name=a&name=b', ['b']],
    ];

    for (const [query, names] of cases) {
      assert.deepEqual((await list(`${mark}&${query}&sort=name:asc`)).names, names, query);
    }
  });

  test('find by id, status, format and owner', async () => {
    const active = await createActiveImage(service, '12345', { name: 'active' });
    const owner = service.projects.producer;
    for (const [query, found] of [
      [`id=${active.id}`, 1],
      [`id=in:${active.id},${randomUUID()}`, 1],
      [`id=${active.id}&status=active`, 1],
      [`id=${active.id}&status=queued`, 0],
      [`id=${active.id}&status=in:queued,active`, 1],
      [`id=${active.id}&owner=${owner}`, 1],
      [`id=${active.id}&owner=another`, 0],
      [`id=${active.id}&disk_format=raw&container_format=bare`, 1],
      [`id=${active.id}&disk_format=qcow2`, 0],
      [`id=${active.id}&checksum=${active['checksum']}`, 1],
      [`id=${active.id}&os_hash_value=${active['os_hash_value']}`, 1],
      [`id=${active.id}&size=5`, 1],
      [`id=${active.id}&size=x`, 0],
      [`id=${active.id}&size_min=5&size_max=5`, 1],
      [`id=${active.id}&size_min=6`, 0],
      [`id=${active.id}&size_max=-1`, 0],
      [`id=${active.id}&protected=false`, 1],
      [`id=${active.id}&protected=true`, 0],
      [`id=${active.id}&min_ram=0&min_disk_max=0`, 1],
      [`id=${active.id}&no_such_property=x`, 0],
    ] as const) {
      assert.equal((await list(query)).names.length, found, query);
    }
  });

  test('by time see whole seconds, as the image shows them', async () => {
    const image = await createImage(service, { name: 'timed' });
    const time = image['created_at'];
    for (const [query, found] of [
      [`created_at=${time}`, 1],
      [`created_at=eq:${time}`, 1],
      [`created_at=neq:${time}`, 0],
      [`created_at=gt:${time}`, 0],
      [`created_at=gte:${time}`, 1],
      [`created_at=lt:${time}`, 0],
      [`created_at=lte:${time}`, 1],
      ['updated_at=gt:2020-01-01', 1],
      ['updated_at=lt:2020-01-01', 0],
    ] as const) {
      assert.equal((await list(`id=${image.id}&${query}`)).names.length, found, query);
    }
  });

  test('by tags want all of them', async () => {
    const mark = await family({ name: 'one', tags: ['x'] }, { name: 'two', tags: ['x', 'y'] });

    assert.deepEqual((await list(`${mark}&tag=x`)).names, ['two', 'one']);
    assert.deepEqual((await list(`${mark}&tag=x&tag=y`)).names, ['two']);
    assert.deepEqual((await list(`${mark}&tag=`)).names, []);
  });

  test('by os_hidden show what is hidden, or what is not', async () => {
    const mark = await family({ name: 'seen' }, { name: 'hidden', os_hidden: true });

    assert.deepEqual((await list(mark)).names, ['seen']);
    assert.deepEqual((await list(`${mark}&os_hidden=False`)).names, ['seen']);
    assert.deepEqual((await list(`${mark}&os_hidden=True`)).names, ['hidden']);
  });

  test('by visibility show one kind, or all of them', async () => {
    const kinds = ['private', 'shared', 'community', 'public'];
    const mark = randomUUID();
    for (const visibility of kinds) {
      const owner = service.projects.producer;
      await createImage(service, { mark, name: visibility, visibility, owner }, 'admin');
    }
    const names = async (query: string, caller: CallerName) =>
      (await list(`mark=${mark}&sort=name:asc${query}`, caller)).names;

    for (const kind of kinds)
      assert.deepEqual(await names(`&visibility=${kind}`, 'producer'), [kind]);
    assert.deepEqual(await names('', 'producer'), kinds.toSorted(byText));
    assert.deepEqual(await names('', 'stranger'), ['public']);
    assert.deepEqual(await names('&visibility=community', 'stranger'), ['community']);
    assert.deepEqual(await names('&visibility=all', 'stranger'), ['community', 'public']);
    assert.deepEqual(await names('&visibility=private', 'stranger'), []);
    assert.deepEqual(await names('', 'admin'), ['private', 'public', 'shared']);
    assert.deepEqual(await names('&visibility=all', 'admin'), kinds.toSorted(byText));
  });

  test('by member_status find what is shared with me', async () => {
    const mark = randomUUID();
    for (const status of ['pending', 'accepted', 'rejected'] as const) {
      const { id } = await createImage(service, { mark, name: status });
      await share(service, id, 'consumer', status);
    }
    const names = async (query: string, caller: CallerName = 'consumer') =>
      (await list(`mark=${mark}&sort=name:asc${query}`, caller)).names;

    assert.deepEqual(await names(''), ['accepted']);
    for (const status of ['pending', 'accepted', 'rejected']) {
      assert.deepEqual(await names(`&visibility=shared&member_status=${status}`), [status]);
      assert.deepEqual(await names(`&member_status=${status}`), [status]);
    }
    assert.deepEqual(await names('&member_status=all'), ['accepted', 'pending', 'rejected']);
    assert.deepEqual(await names(`&member_status=all&owner=${service.projects.producer}`), [
      'accepted',
      'pending',
      'rejected',
    ]);
    assert.deepEqual(await names('&member_status=all', 'stranger'), []);
    assert.deepEqual(await names('&member_status=pending', 'producer'), [
      'accepted',
      'pending',
      'rejected',
    ]);
  });
});

describe('sorting', () => {
  test('follows one key or several', async () => {
    const mark = await family(
      { name: 'b', disk_format: 'raw' },
      { name: 'a', disk_format: 'raw' },
      { name: 'B', disk_format: 'iso' },
      { name: null, disk_format: 'vdi' },
    );
    for (const [query, names] of [
      ['sort=name:asc', [null, 'B', 'a', 'b']],
      ['sort=name', ['b', 'a', 'B', null]],
      ['sort_key=name&sort_dir=asc', [null, 'B', 'a', 'b']],
      ['sort_dir=asc', ['b', 'a', 'B', null]],
      ['sort=disk_format:asc,name:asc', ['B', 'a', 'b', null]],
      ['sort_key=disk_format&sort_key=name&sort_dir=asc&sort_dir=desc', ['B', 'b', 'a', null]],
    ] as const) {
      assert.deepEqual((await list(`${mark}&${query}`)).names, names, query);
    }
  });
});

function byText(one: string, other: string): number {
  return one < other ? -1 : 1;
}
