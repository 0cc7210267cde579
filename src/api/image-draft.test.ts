import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseImageDraft } from './image-draft.ts';

const id = '12345678-1234-4234-8234-123456789abc';

test('every property that a caller sets is read', () => {
  const { draft, readOnly } = parseImageDraft({
    id,
    name: 'golden',
    owner: 'a project',
    visibility: 'private',
    protected: true,
    os_hidden: true,
    disk_format: 'qcow2',
    container_format: 'bare',
    min_disk: 1,
    min_ram: 2147483647,
    tags: ['b', 'a', 'b'],
    os_distro: 'debian',
    empty: '',
  });

  assert.equal(readOnly, undefined);
  assert.deepEqual(draft, {
    id,
    name: 'golden',
    owner: 'a project',
    visibility: 'private',
    protected: true,
    osHidden: true,
    diskFormat: 'qcow2',
    containerFormat: 'bare',
    minDisk: 1,
    minRam: 2147483647,
    tags: ['b', 'a'],
    properties: new Map([
      ['os_distro', 'debian'],
      ['empty', ''],
    ]),
  });
});

test('an empty body leaves everything to its default', () => {
  assert.deepEqual(parseImageDraft({}).draft, { properties: new Map() });
});

test('null is no name, no format and no owner; an empty owner is none', () => {
  const { draft } = parseImageDraft({
    name: null,
    disk_format: null,
    container_format: null,
    owner: '',
  });

  assert.deepEqual(draft, {
    name: null,
    diskFormat: null,
    containerFormat: null,
    owner: null,
    properties: new Map(),
  });
});

test('names of Python attributes are custom properties like any other', () => {
  const { draft } = parseImageDraft({ member: 'a', image: 'b', context: 'c', __proto: 'd' });

  assert.equal(draft.properties.size, 4);
});

test('names and tags may have 255 characters', () => {
  const long = 'ü'.repeat(255);

  const { draft } = parseImageDraft({ name: long, tags: [long], [long]: 'x' });

  assert.equal(draft.name, long);
  assert.deepEqual(draft.tags, [long]);
  assert.equal(draft.properties.get(long), 'x');
});

describe('a value that does not fit is refused by its name', () => {
  const refused: readonly (readonly [name: string, value: unknown])[] = [
    ['id', 'not a UUID'],
    ['id', `${id}\n`],
    ['id', 5],
    ['name', 5],
    ['name', 'x'.repeat(256)],
    ['owner', 'x'.repeat(256)],
    ['visibility', 'secret'],
    ['visibility', null],
    ['protected', 'true'],
    ['os_hidden', 1],
    ['disk_format', 'bad'],
    ['disk_format', 5],
    ['container_format', 'bad'],
    ['min_disk', '5'],
    ['min_disk', 1.5],
    ['min_disk', -1],
    ['min_disk', true],
    ['min_ram', 2147483648],
    ['min_ram', null],
    ['tags', 'x'],
    ['tags', [5]],
    ['tags', ['x'.repeat(256)]],
    ['foo', 5],
    ['foo', null],
    ['foo', ['x']],
    ['x'.repeat(256), 'x'],
    ['', 'x'],
  ];
  for (const [name, value] of refused) {
    test(`${name.slice(0, 20)} = ${JSON.stringify(value).slice(0, 30)}`, () => {
      const start = name.slice(0, 80).replace(/\W/g, '.');

      assert.throws(() => parseImageDraft({ [name]: value }), {
        code: 'InvalidRequest',
        message: new RegExp(`^${start}`),
      });
    });
  }

  test('and says what a format may be', () => {
    assert.throws(() => parseImageDraft({ disk_format: 'bad' }), {
      message: /^disk_format: must be one of null, ami, ari, aki, .*qcow2/,
    });
  });
});

describe('names that are not for callers', () => {
  for (const name of ['direct_url', 'self', 'file', 'schema', 'stores']) {
    test(`${name} is refused before anything else is looked at`, () => {
      assert.throws(() => parseImageDraft({ disk_format: 'bad', [name]: 'x' }), {
        code: 'NotPermitted',
        message: new RegExp(`^${name}: `),
      });
    });
  }

  for (const name of ['location', 'deleted', 'deleted_at', 'os_glance_x', 'os_glance']) {
    test(`${name} is reserved`, () => {
      assert.throws(() => parseImageDraft({ [name]: 'x' }), {
        code: 'NotPermitted',
        message: new RegExp(`^${name}: `),
      });
    });
  }

  const readOnly: Readonly<Record<string, unknown>> = {
    created_at: 'x',
    updated_at: 'x',
    status: 'active',
    checksum: 'a',
    size: 5,
    virtual_size: 5,
    os_hash_algo: 'sha512',
    os_hash_value: 'ab',
    locations: [],
  };
  for (const [name, value] of Object.entries(readOnly)) {
    test(`${name} is told of, to be refused after who may create was asked`, () => {
      const { draft, readOnly: found } = parseImageDraft({ name: 'x', [name]: value });

      assert.equal(found, name);
      assert.deepEqual(draft, { name: 'x', properties: new Map() });
    });
  }
});
