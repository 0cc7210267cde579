import { all, inAnyOrder, keys, like, Matcher, time } from './matching.ts';
import type { Chapter, Row } from './row.ts';
import { deleted, image } from './scene.ts';

const long = (length: number) => 'x'.repeat(length);

/** What an image always shows. */
export const imageKeys = [
  'id',
  'name',
  'status',
  'visibility',
  'protected',
  'os_hidden',
  'owner',
  'tags',
  'disk_format',
  'container_format',
  'min_disk',
  'min_ram',
  'size',
  'virtual_size',
  'checksum',
  'os_hash_algo',
  'os_hash_value',
  'created_at',
  'updated_at',
  'self',
  'file',
  'schema',
] as const;

function created(says: string, body: unknown, json: unknown, by: Row['by'] = 'producer'): Row {
  return { says, by, send: 'POST /v2/images', body, status: 201, json };
}

function refused(says: string, status: number, body: unknown, by: Row['by'] = 'producer'): Row {
  return { says, by, send: 'POST /v2/images', body, status };
}

const diskFormats = 'ami ari aki vhd vhdx vmdk raw qcow2 vdi iso ploop'.split(' ');
const containerFormats = 'ami ari aki bare ovf ova docker compressed'.split(' ');

const wrongTypes: Readonly<Record<string, readonly unknown[]>> = {
  name: [5, true, ['x'], { a: 'b' }],
  disk_format: [5, 'nonsense', 'RAW', ''],
  container_format: [5, 'nonsense', 'BARE', ''],
  visibility: [null, 5, 'nonsense', ''],
  protected: ['true', 'yes', 1, null],
  os_hidden: ['true', 1, null],
  owner: [5, long(256)],
  tags: ['x', [5], [null], { a: 'b' }, [long(256)], null],
  min_disk: ['5', 1.5, null, -1, 2147483648],
  min_ram: ['5', 1.5, null, -1, 2147483648],
  id: ['nonsense', 5, '', null],
  a_property: [5, null, true, ['x'], { a: 'b' }],
};

const readOnly: Readonly<Record<string, unknown>> = {
  status: 'active',
  size: 5,
  virtual_size: 5,
  checksum: long(32),
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
  self: 'x',
  file: 'x',
  schema: 'x',
  direct_url: 'x',
  stores: 'x',
  locations: [],
  location: 'x',
  deleted: 'x',
  deleted_at: 'x',
  os_glance_anything: 'x',
  os_glance_import_task: 'x',
};

function quoted(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 20)}… (${text.length - 2} characters)` : text;
}

const numbered = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

export const properties = (count: number) =>
  Object.fromEntries(numbered(count, 'p').map((name) => [name, 'x']));

export const create: Chapter = {
  title: 'Creating an image',
  rows: [
    {
      says: 'an image of nothing is queued, shared, and its creator’s project’s',
      send: 'POST /v2/images',
      body: {},
      status: 201,
      answers: {
        'content-type': 'application/json',
        location: like(/^http:\/\/[^/]+\/v2\/images\/[0-9a-f-]{36}$/),
      },
      json: all(keys(...imageKeys), {
        name: null,
        status: 'queued',
        visibility: 'shared',
        protected: false,
        os_hidden: false,
        owner: '{producer}',
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
        created_at: time,
        updated_at: time,
        schema: '/v2/schemas/image',
        self: like(/^\/v2\/images\/[0-9a-f-]{36}$/),
        file: like(/^\/v2\/images\/[0-9a-f-]{36}\/file$/),
      }),
    },
    created('an image has the name it is given', { name: 'golden' }, { name: 'golden' }),
    created('a name may be null', { name: null }, { name: null }),
    created('a name may be empty', { name: '' }, { name: '' }),
    created('a name may have 255 characters', { name: long(255) }, { name: long(255) }),
    created('a name may be of any script', { name: 'Ünï 図' }, { name: 'Ünï 図' }),
    refused('a name of 256 characters is refused', 400, { name: long(256) }),
    refused('a name with characters of four bytes is refused', 400, { name: 'a\u{1f600}' }),
    refused('a tag with characters of four bytes is refused', 400, { tags: ['a\u{1f600}'] }),
    refused('a value with characters of four bytes is refused', 400, { a: 'a\u{1f600}' }),
    refused('a property name with characters of four bytes is refused', 400, { '\u{1f600}': 'a' }),
    ...diskFormats.map((format) =>
      created(
        `disk format ${format} is known`,
        { disk_format: format },
        { disk_format: format, container_format: null },
      ),
    ),
    ...containerFormats.map((format) =>
      created(
        `container format ${format} is known`,
        { container_format: format },
        { container_format: format, disk_format: null },
      ),
    ),
    ...Object.entries(wrongTypes).flatMap(([name, values]) =>
      values.map((value) => refused(`${name} may not be ${quoted(value)}`, 400, { [name]: value })),
    ),
    ...Object.entries(readOnly).map(([name, value]) =>
      refused(`${name} may not be set when an image is made`, 403, { [name]: value }),
    ),
    ...['private', 'shared', 'community'].map((visibility) =>
      created(
        `a member of the project may make ${visibility} images`,
        { visibility },
        { visibility },
      ),
    ),
    refused('a member of the project may not make public images', 403, { visibility: 'public' }),
    created(
      'an admin may make public images',
      { visibility: 'public' },
      { visibility: 'public' },
      'admin',
    ),
    refused('a reader makes no images', 403, { name: 'x' }, 'producer reader'),
    created(
      'an image may be named for the own project',
      { owner: '{producer}' },
      { owner: '{producer}' },
    ),
    refused('an image for another project is refused', 403, { owner: '{consumer}' }),
    refused('an image without owner is refused to all but admins', 403, { owner: null }),
    created(
      'an admin makes images for any project',
      { owner: '{consumer}' },
      { owner: '{consumer}' },
      'admin',
    ),
    created('an admin makes images without owner', { owner: null }, { owner: null }, 'admin'),
    created('an empty owner is none', { owner: '' }, { owner: null }, 'admin'),
    refused('an image of an empty owner is refused to all but admins', 403, { owner: '' }),
    created(
      'a new image was updated when it was made',
      { name: 'x' },
      new Matcher('an image with one time', (value) => {
        const { created_at, updated_at } = Object(value);
        return created_at === updated_at;
      }),
    ),
    created(
      'min_disk and min_ram are kept',
      { min_disk: 7, min_ram: 512 },
      { min_disk: 7, min_ram: 512 },
    ),
    created(
      'min_disk and min_ram go up to 2147483647',
      { min_disk: 2147483647, min_ram: 2147483647 },
      { min_disk: 2147483647, min_ram: 2147483647 },
    ),
    created(
      'protected and hidden are kept',
      { os_hidden: true },
      { os_hidden: true, protected: false },
    ),
    created('tags are kept', { tags: ['b', 'a'] }, { tags: inAnyOrder('a', 'b') }),
    created(
      'tags given twice are kept once',
      { tags: ['a', 'a', 'b'] },
      { tags: inAnyOrder('a', 'b') },
    ),
    created('a tag may have 255 characters', { tags: [long(255)] }, { tags: [long(255)] }),
    created('an image may have 128 tags', { tags: numbered(128, 't') }, { status: 'queued' }),
    refused('a 129th tag is refused', 413, { tags: numbered(129, 't') }),
    created(
      'custom properties stand beside the others',
      { os_distro: 'debian' },
      { os_distro: 'debian' },
    ),
    created('a custom property may be empty', { os_distro: '' }, { os_distro: '' }),
    created('a custom property may be called properties', { properties: 'x' }, { properties: 'x' }),
    created('a custom property may be called __proto__', '{"__proto__": "x"}', {
      status: 'queued',
    }),
    created(
      'a property’s name may have 255 characters',
      { [long(255)]: 'x' },
      { [long(255)]: 'x' },
    ),
    refused('a property’s name of 256 characters is refused', 400, { [long(256)]: 'x' }),
    created('an image may have 128 properties', properties(128), { p127: 'x' }),
    refused('a 129th property is refused', 413, properties(129)),
    created(
      'an image may have the id that its creator chooses',
      { id: '{fresh}' },
      { id: '{fresh}' },
    ),
    {
      says: 'an id that is used is refused',
      given: [image()],
      send: 'POST /v2/images',
      body: { id: '{image}' },
      status: 409,
    },
    {
      says: 'an id that is used is refused to those who do not see the image',
      given: [image({ visibility: 'private' })],
      by: 'stranger',
      send: 'POST /v2/images',
      body: { id: '{image}' },
      status: 409,
    },
    {
      says: 'the id of a deleted image is never given out again',
      given: [image(), deleted()],
      send: 'POST /v2/images',
      body: { id: '{image}' },
      status: 409,
    },
    {
      says: 'a store named on creation is tolerated',
      send: 'POST /v2/images',
      headers: { 'x-image-meta-store': 'nonsense' },
      body: { name: 'x' },
      status: 201,
    },
    {
      says: 'of a name given twice in a body the last counts',
      send: 'POST /v2/images',
      body: '{"name": "a", "name": "b"}',
      status: 201,
      json: { name: 'b' },
    },
    refused('an image without a body is refused', 400, undefined),
    refused('an image of an empty body is refused', 400, ''),
    ...['5', '"x"', 'null', 'true', '[]', '[1]', '{bad', '{"a":}'].map((body) =>
      refused(`an image of ${body} is refused`, 400, body),
    ),
    refused('a body that is not UTF-8 is refused', 400, new Uint8Array([0xff, 0xfe, 0x7b, 0x7d])),
    refused('os_hash_algo may not be set when an image is made', 403, { os_hash_algo: 'x' }),
    refused('os_hash_value may not be set when an image is made', 403, { os_hash_value: 'x' }),
  ],
};
