import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { imageWith } from '../../test/support/domain.ts';
import type { Image } from '../domain/image.ts';
import { imageJson, wireTime } from './image-document.ts';
import { type ImagePage, imageListJson } from './image-list-document.ts';
import { standardImageSchema } from './image-schema.ts';
import { schemaDocuments } from './schemas.ts';

const image = imageWith({
  id: '12345678-1234-4234-8234-123456789abc',
  name: 'golden',
  status: 'active',
  tags: ['b', 'a'],
  diskFormat: 'raw',
  containerFormat: 'bare',
  size: 5,
  checksum: '827ccb0eea8a706c4c34a16891f84e7b',
  osHashAlgo: 'sha512',
  osHashValue: 'ab',
  locations: [{ store: null, url: 'file:///secret' }],
  createdAt: new Date('2026-01-02T03:04:05.999Z'),
  updatedAt: new Date('2026-01-02T03:04:06.001Z'),
});

function documentOf(written: Image): Record<string, unknown> {
  return JSON.parse(imageJson(written)) as Record<string, unknown>;
}

function listOf(page: ImagePage, query: string) {
  return JSON.parse(imageListJson(page, new URLSearchParams(query))) as {
    readonly first: string;
    readonly next?: string;
  };
}

test('an image is written with every base property, and where it lies is kept', () => {
  assert.deepEqual(documentOf(image), {
    id: image.id,
    name: 'golden',
    status: 'active',
    visibility: 'shared',
    protected: false,
    os_hidden: false,
    owner: 'owner',
    tags: ['b', 'a'],
    disk_format: 'raw',
    container_format: 'bare',
    min_disk: 0,
    min_ram: 0,
    size: 5,
    virtual_size: null,
    checksum: '827ccb0eea8a706c4c34a16891f84e7b',
    os_hash_algo: 'sha512',
    os_hash_value: 'ab',
    created_at: '2026-01-02T03:04:05Z',
    updated_at: '2026-01-02T03:04:06Z',
    self: `/v2/images/${image.id}`,
    file: `/v2/images/${image.id}/file`,
    schema: '/v2/schemas/image',
  });
});

test('what is not known yet is null, not left out', () => {
  const document = documentOf(imageWith({ owner: null }));

  const nulls = Object.entries(document).filter(([, value]) => value === null);
  assert.deepEqual(nulls.map(([name]) => name).toSorted(), [
    'checksum',
    'container_format',
    'disk_format',
    'name',
    'os_hash_algo',
    'os_hash_value',
    'owner',
    'size',
    'virtual_size',
  ]);
});

test('custom properties stand beside the base ones, whatever their names', () => {
  const names = ['os_distro', '__proto__', 'constructor', 'a/b', 'member'];
  const properties = new Map(names.map((name) => [name, `of ${name}`]));

  const document = documentOf(imageWith({ properties }));

  for (const name of names) assert.equal(new Map(Object.entries(document)).get(name), `of ${name}`);
});

test('any text that people may choose comes out as it went in', () => {
  const someText = fc.oneof(fc.string(), fc.string({ unit: 'binary' }));
  const choices = fc.record({
    name: fc.option(someText),
    owner: someText,
    diskFormat: someText,
    tags: fc.array(someText),
  });
  fc.assert(
    fc.property(choices, someText, (chosen, value) => {
      const properties = new Map([['custom', value]]);
      const { name, owner, disk_format, tags, custom } = documentOf(
        imageWith({ ...chosen, properties }),
      );
      const wanted = { ...chosen, custom: value };
      assert.deepEqual({ name, owner, diskFormat: disk_format, tags, custom }, wanted);
    }),
  );
});

test('an image fits the schema that the service publishes', () => {
  const properties = new Map([['os_distro', 'debian']]);
  const document = documentOf({ ...image, properties });

  for (const [name, value] of Object.entries(document)) {
    assert.doesNotThrow(() => standardImageSchema.checkProperty(name, value), name);
  }
});

test('times are whole seconds, cut off and not rounded', () => {
  assert.equal(wireTime(new Date(999)), '1970-01-01T00:00:00Z');
  assert.equal(wireTime(new Date(-1)), '1969-12-31T23:59:59Z');

  const date = fc.date({
    min: new Date('0000-01-01'),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(date, (time) => {
      assert.equal(wireTime(time), time.toISOString().replace(/\.\d+Z$/, 'Z'));
    }),
  );
});

test('all 16 schemas are there, each with a name', () => {
  const metadefs = ['namespace', 'resource_type', 'property', 'object', 'tag'];
  const plural = (name: string) => (name === 'property' ? 'properties' : `${name}s`);
  const expected = [
    ...['image', 'member', 'task'].flatMap((name) => [name, plural(name)]),
    ...metadefs.flatMap((name) => [name, plural(name)]).map((name) => `metadefs/${name}`),
  ].map((name) => `/v2/schemas/${name}`);

  assert.deepEqual(Object.keys(schemaDocuments).toSorted(), expected.toSorted());
  for (const [path, document] of Object.entries(schemaDocuments)) {
    assert.deepEqual(Object.keys(document).includes('name'), true, path);
  }
});

describe('the links of a list', () => {
  const images = ['1', '2'].map((id) => imageWith({ id }));

  function links(query: string, marker: string | undefined) {
    const page = { images, next: marker };
    const { first, next } = listOf(page, query);
    return { first, next };
  }

  test('are plain without a query', () => {
    assert.deepEqual(links('', undefined), { first: '/v2/images', next: undefined });
    assert.deepEqual(links('', '2'), { first: '/v2/images', next: '/v2/images?marker=2' });
  });

  test('keep what was asked, but for the marker', () => {
    assert.deepEqual(links('limit=2&marker=0&name=a+b%26c', '2'), {
      first: '/v2/images?limit=2&name=a+b%26c',
      next: '/v2/images?limit=2&name=a+b%26c&marker=2',
    });
  });

  test('keep parameters that stand several times', () => {
    const query = 'tag=a&tag=b&sort_key=name&sort_key=id&sort_dir=asc&sort_dir=desc';

    assert.equal(links(query, '2').next, `/v2/images?${query}&marker=2`);
  });

  test('end where no page comes after this one', () => {
    const empty = listOf({ images: [], next: undefined }, 'limit=0');

    assert.deepEqual(empty, {
      images: [],
      first: '/v2/images?limit=0',
      schema: '/v2/schemas/images',
    });
  });
});
