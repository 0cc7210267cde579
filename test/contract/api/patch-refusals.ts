import { newDialect, notPatched, oldDialect, operation } from './patch.ts';
import type { Chapter, Row } from './row.ts';
import { data, image, member, visible } from './scene.ts';

const acceptPatch =
  'application/openstack-images-v2.0-json-patch, application/openstack-images-v2.1-json-patch';

function otherType(type: string): Row {
  return {
    says: `a patch of type ${type} is refused`,
    given: [image()],
    send: 'PATCH /v2/images/{image}',
    headers: { 'content-type': type },
    body: [operation('add', 'a', 'b')],
    status: 415,
    answers: { 'accept-patch': acceptPatch },
  };
}

const long = (length: number) => 'x'.repeat(length);

const malformed: Readonly<Record<string, unknown>> = {
  'an object': {},
  'a number': '5',
  'a text': '"x"',
  null: 'null',
  'broken JSON': '[{',
  'a list of numbers': [5],
  'a list of lists': [[]],
  'an operation without anything': [{}],
  'an operation without op': [{ path: '/a', value: 'b' }],
  'an operation without path': [{ op: 'add', value: 'b' }],
  'add without value': [{ op: 'add', path: '/a' }],
  'replace without value': [{ op: 'replace', path: '/name' }],
  'op test': [{ op: 'test', path: '/name', value: 'x' }],
  'op move': [{ op: 'move', path: '/name', from: '/os_distro' }],
  'op copy': [{ op: 'copy', path: '/name', from: '/os_distro' }],
  'op ADD': [{ op: 'ADD', path: '/name', value: 'x' }],
  'a path without slash': [{ op: 'add', path: 'name', value: 'x' }],
  'an empty path': [{ op: 'add', path: '', value: 'x' }],
  'a path that is a slash': [{ op: 'add', path: '/', value: 'x' }],
  'a path with a slash at its end': [{ op: 'add', path: '/name/', value: 'x' }],
  'a path with two slashes': [{ op: 'add', path: '//name', value: 'x' }],
  'a path with two slashes inside': [{ op: 'add', path: '/a//b', value: 'x' }],
  'a path with a blank between two slashes': [{ op: 'add', path: '/a/ /b', value: 'x' }],
  'a path of two segments': [{ op: 'add', path: '/a/b', value: 'x' }],
  'a path with ~2': [{ op: 'add', path: '/a~2b', value: 'x' }],
  'a path with ~ at its end': [{ op: 'add', path: '/a~', value: 'x' }],
  'a path that is a number': [{ op: 'add', path: 5, value: 'x' }],
  'the end of the tags': [{ op: 'add', path: '/tags/-', value: 'x' }],
  'one of the tags': [{ op: 'remove', path: '/tags/0' }],
  'a number as a name': [operation('replace', 'name', 5)],
  'a name that is too long': [operation('replace', 'name', long(256))],
  'an unknown disk format': [operation('replace', 'disk_format', 'nonsense')],
  'an unknown container format': [operation('replace', 'container_format', 'nonsense')],
  'an unknown visibility': [operation('replace', 'visibility', 'nonsense')],
  'a text as min_disk': [operation('replace', 'min_disk', '5')],
  'a negative min_disk': [operation('replace', 'min_disk', -5)],
  'a min_ram that is too large': [operation('replace', 'min_ram', 2147483648)],
  'a text as tags': [operation('replace', 'tags', 'x')],
  'a tag that is too long': [operation('replace', 'tags', [long(256)])],
  'a text as protected': [operation('replace', 'protected', 'x')],
  'a text as os_hidden': [operation('replace', 'os_hidden', 'x')],
  'a number as a custom property': [operation('add', 'a', 5)],
  'null as a custom property': [operation('add', 'a', null)],
  'a property’s name that is too long': [operation('add', long(256), 'x')],
  'a value with characters of four bytes': [operation('add', 'a', '\u{1f600}')],
  'a name with characters of four bytes': [operation('add', 'name', '\u{1f600}')],
};

const malformedOld: Readonly<Record<string, unknown>> = {
  'without any of the three keys': [{ value: 'x' }],
  'with two of the three keys': [{ add: '/a', remove: '/b', value: 'x' }],
  'without a value': [{ add: '/a' }],
  'of the newer dialect': [operation('add', 'a', 'b')],
};

const readOnly = [
  ...'created_at updated_at status checksum size virtual_size direct_url self file schema id'.split(
    ' ',
  ),
  ...'os_hash_algo os_hash_value location deleted deleted_at os_glance_x'.split(' '),
] as const;

const base =
  'name visibility protected os_hidden owner tags disk_format container_format min_disk min_ram'.split(
    ' ',
  );

const rename = [operation('replace', 'name', 'changed')];
const many = (count: number) => Array.from({ length: count }, (_, index) => `x${index}`);

export const patchRefusals: Chapter = {
  title: 'What no change does',
  rows: [
    ...[
      'application/json',
      'application/json-patch+json',
      'text/plain',
      'application/openstack-images-v2.2-json-patch',
    ].map(otherType),
    {
      says: 'a patch without a type is refused',
      given: [image()],
      send: 'PATCH /v2/images/{image}',
      body: '[]',
      status: 415,
      answers: { 'accept-patch': acceptPatch },
    },
    ...Object.entries(malformed).map(([name, body]) =>
      notPatched(`a patch that is or has ${name} is refused`, 400, body),
    ),
    notPatched('a patch without a body is refused', 400, undefined),
    ...Object.entries(malformedOld).map(([name, body]) =>
      notPatched(`an operation of the older dialect ${name} is refused`, 400, body, {
        headers: oldDialect,
      }),
    ),
    ...readOnly.flatMap((name) =>
      ['add', 'replace', 'remove'].map((op) =>
        notPatched(`${name} takes no ${op}`, 403, [
          operation(op, name, op === 'remove' ? undefined : 'x'),
        ]),
      ),
    ),
    ...base.map((name) =>
      notPatched(`${name} cannot be removed`, 403, [operation('remove', name)]),
    ),
    notPatched('locations cannot be replaced', 403, [operation('replace', 'locations', [])]),
    notPatched('locations cannot be added', 403, [
      operation('add', 'locations/-', { url: 'http://example.org/', metadata: {} }),
    ]),
    notPatched('locations cannot be removed', 403, [operation('remove', 'locations/0')]),
    notPatched('a property that is not there cannot be replaced', 409, [
      operation('replace', 'a', 'b'),
    ]),
    notPatched('a property that is not there cannot be removed', 409, [operation('remove', 'a')]),
    notPatched(
      'add of the older dialect overwrites no property',
      409,
      [{ add: '/os_distro', value: 'x' }],
      { headers: oldDialect },
    ),
    notPatched(
      'add of the older dialect sets no base property',
      409,
      [{ add: '/name', value: 'x' }],
      { headers: oldDialect },
    ),
    notPatched('remove of the older dialect needs the property', 409, [{ remove: '/a' }], {
      headers: oldDialect,
    }),
    notPatched('remove of the older dialect takes no base property', 403, [{ remove: '/name' }], {
      headers: oldDialect,
    }),
    ...['disk_format', 'container_format'].map((name) =>
      notPatched(
        `${name} cannot be changed once there is data`,
        403,
        [operation('replace', name, 'ami')],
        {
          given: [image(), data('12345')],
        },
      ),
    ),
    notPatched(
      'a 129th property cannot be added',
      413,
      many(129).map((name) => operation('add', name, 'x')),
    ),
    notPatched('a 129th tag cannot be set', 413, [operation('replace', 'tags', many(129))]),
    notPatched('an owner makes no image public', 403, [operation('add', 'visibility', 'public')]),
    notPatched('an owner replaces no owner', 403, [operation('replace', 'owner', '{consumer}')]),
    notPatched('an owner adds no owner', 403, [operation('add', 'owner', '{consumer}')]),
    notPatched('a reader of the owner’s project changes nothing', 403, rename, {
      by: 'producer reader',
    }),
    notPatched('a consumer changes nothing', 403, rename, {
      given: [image(), member('consumer', 'accepted')],
      by: 'consumer',
    }),
    notPatched('a consumer adds no property', 403, [operation('add', 'a', 'b')], {
      given: [image(), member('consumer', 'accepted')],
      by: 'consumer',
    }),
    notPatched('nobody but an admin changes an image without owner', 403, rename, {
      given: [image({ owner: null, visibility: 'shared' }, { by: 'admin' })],
    }),
    notPatched('a failed operation undoes those before it', 409, [
      ...rename,
      operation('remove', 'a'),
    ]),
    notPatched('a stranger does not find the image to change', 404, rename, { by: 'stranger' }),
    notPatched('a stranger changes no public image', 403, rename, {
      given: [visible('public')],
      by: 'stranger',
    }),
    notPatched('a stranger changes no community image', 403, rename, {
      given: [visible('community')],
      by: 'stranger',
    }),
    {
      says: 'an unknown image is not found to change',
      send: 'PATCH /v2/images/{fresh}',
      headers: newDialect,
      body: rename,
      status: 404,
    },
    {
      says: 'a malformed patch is refused before the image is looked for',
      send: 'PATCH /v2/images/{fresh}',
      headers: newDialect,
      body: [{}],
      status: 400,
    },
    {
      says: 'a read-only name is refused before the image is looked for',
      send: 'PATCH /v2/images/{fresh}',
      headers: newDialect,
      body: [operation('replace', 'status', 'active')],
      status: 403,
    },
  ],
};
