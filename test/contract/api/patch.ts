import type { CallerName } from '../../support/callers.ts';
import { properties } from './create.ts';
import { absent, inAnyOrder } from './matching.ts';
import type { Chapter, Row } from './row.ts';
import { data, image, member, type Step, visible } from './scene.ts';

export const newDialect = {
  'content-type': 'application/openstack-images-v2.1-json-patch',
} as const;
export const oldDialect = {
  'content-type': 'application/openstack-images-v2.0-json-patch',
} as const;

export interface PatchRow {
  readonly given?: readonly Step[];
  readonly by?: CallerName;
  readonly headers?: Row['headers'];
}

export function patched(says: string, body: unknown, json: unknown, more: PatchRow = {}): Row {
  const given = [image({ os_distro: 'debian' })];
  return { given, ...more, headers: more.headers ?? newDialect, says, ...request(body, 200), json };
}

export function notPatched(says: string, status: number, body: unknown, more: PatchRow = {}): Row {
  const given = [image({ os_distro: 'debian' })];
  return { given, ...more, headers: more.headers ?? newDialect, says, ...request(body, status) };
}

function request(body: unknown, status: number) {
  return { send: 'PATCH /v2/images/{image}', body, status };
}

/** One operation of the newer dialect. */
export function operation(op: string, name: string, value?: unknown) {
  return { op, path: `/${name}`, ...(value !== undefined && { value }) };
}

const settable: Readonly<Record<string, unknown>> = {
  name: 'changed',
  disk_format: 'qcow2',
  container_format: 'ova',
  visibility: 'private',
  protected: true,
  os_hidden: true,
  min_disk: 3,
  min_ram: 128,
  tags: ['new'],
};

const active = [image(), data('12345')];

export const patch: Chapter = {
  title: 'Changing an image',
  rows: [
    ...Object.entries(settable).flatMap(([name, value]) =>
      ['add', 'replace'].map((op) =>
        patched(`${op} sets ${name}`, [operation(op, name, value)], {
          id: '{image}',
          [name]: value,
        }),
      ),
    ),
    ...Object.entries(settable).map(([name, value]) =>
      patched(
        `replace of the older dialect sets ${name}`,
        [{ replace: `/${name}`, value }],
        { [name]: value },
        { headers: oldDialect },
      ),
    ),
    patched('name may become null', [operation('replace', 'name', null)], { name: null }),
    patched('formats may become null', [operation('replace', 'disk_format', null)], {
      disk_format: null,
    }),
    patched('add makes a custom property', [operation('add', 'a', 'b')], { a: 'b' }),
    patched('add overwrites a custom property', [operation('add', 'os_distro', 'arch')], {
      os_distro: 'arch',
    }),
    patched('replace changes a custom property', [operation('replace', 'os_distro', 'arch')], {
      os_distro: 'arch',
    }),
    patched('remove takes a custom property away', [operation('remove', 'os_distro')], {
      os_distro: absent,
    }),
    patched('a custom property may become empty', [operation('add', 'a', '')], { a: '' }),
    patched(
      'remove of the older dialect takes a custom property away',
      [{ remove: '/os_distro' }],
      { os_distro: absent },
      { headers: oldDialect },
    ),
    patched(
      'add of the older dialect makes a custom property',
      [{ add: '/a', value: 'b' }],
      { a: 'b' },
      { headers: oldDialect },
    ),
    patched(
      'operations are done in their order',
      [
        operation('add', 'a', '1'),
        operation('replace', 'a', '2'),
        operation('remove', 'os_distro'),
        operation('add', 'os_distro', 'arch'),
      ],
      { a: '2', os_distro: 'arch' },
    ),
    patched('tags are replaced as a whole', [operation('replace', 'tags', ['b', 'c', 'c'])], {
      tags: inAnyOrder('b', 'c'),
    }),
    patched('blanks around a path’s segment do not count', [operation('add', ' a\t', 'x')], {
      a: 'x',
    }),
    patched(
      'an image with 128 properties takes another value of one',
      [operation('add', 'p1', 'changed')],
      { p1: 'changed' },
      { given: [image(properties(128))] },
    ),
    patched('~1 in a path is a slash', [operation('add', 'a~1b', 'x')], { 'a/b': 'x' }),
    patched('~0 in a path is a tilde', [operation('add', 'a~0b', 'x')], { 'a~b': 'x' }),
    patched('~01 in a path is no slash', [operation('add', 'a~01b', 'x')], { 'a~1b': 'x' }),
    patched('no operation changes nothing', [], { os_distro: 'debian', name: 'contract' }),
    patched(
      'no operation is allowed to all who see the image',
      [],
      { id: '{image}' },
      {
        given: [image(), member('consumer')],
        by: 'consumer',
      },
    ),
    patched(
      'parameters of the content type do not matter',
      [operation('add', 'a', 'b')],
      { a: 'b' },
      {
        headers: { 'content-type': `${newDialect['content-type']}; charset=utf-8` },
      },
    ),
    patched(
      'an active image can be renamed',
      [operation('replace', 'name', 'changed')],
      { name: 'changed', status: 'active' },
      { given: active },
    ),
    patched('an image’s disk format may be set as it is', [operation('add', 'name', 'x')], {
      disk_format: 'raw',
    }),
    patched(
      'a protected image can be changed',
      [operation('replace', 'name', 'changed')],
      { name: 'changed' },
      { given: [image({ protected: true })] },
    ),
    patched(
      'an admin changes any image',
      [operation('replace', 'name', 'changed')],
      { name: 'changed', owner: '{producer}' },
      { by: 'admin' },
    ),
    patched(
      'an admin makes an image public',
      [operation('replace', 'visibility', 'public')],
      { visibility: 'public' },
      { by: 'admin' },
    ),
    patched(
      'an admin gives an image to another project',
      [operation('replace', 'owner', '{consumer}')],
      { owner: '{consumer}' },
      { by: 'admin' },
    ),
    patched(
      'a member of the project makes an image a community image',
      [operation('replace', 'visibility', 'community')],
      { visibility: 'community' },
    ),
    patched(
      'the owner of a public image changes its name',
      [operation('replace', 'name', 'changed')],
      { name: 'changed', visibility: 'public' },
      { given: [visible('public')] },
    ),
    patched(
      'the owner takes a public image back',
      [operation('replace', 'visibility', 'private')],
      { visibility: 'private' },
      { given: [visible('public')] },
    ),
    patched(
      'a property may be called as something inside a service is',
      [
        operation('add', 'member', 'x'),
        operation('add', 'image', 'x'),
        operation('add', 'context', 'x'),
      ],
      { member: 'x', image: 'x', context: 'x' },
    ),
  ],
};
