import type { CallerName } from '../../support/callers.ts';
import type { Chapter, Row } from './row.ts';
import { data, done, image, member, type Step, visible } from './scene.ts';

const octets = { 'content-type': 'application/octet-stream' };

interface Upload {
  readonly given?: readonly Step[];
  readonly by?: CallerName;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

function upload(says: string, status: number, more: Upload = {}): Row {
  return {
    says,
    given: [image()],
    send: 'PUT /v2/images/{image}/file',
    headers: octets,
    body: '12345',
    status,
    ...more,
  };
}

function after(says: string, given: readonly Step[], json: unknown): Row {
  return { says, given, send: 'GET /v2/images/{image}', status: 200, json };
}

export const dataUp: Chapter = {
  title: 'Sending data',
  rows: [
    { ...upload('the owner sends data', 204), text: '' },
    upload('data may come in chunks', 204, {
      headers: { ...octets, 'transfer-encoding': 'chunked' },
    }),
    upload('data may be empty', 204, { body: '' }),
    upload('parameters of the data’s type do not matter', 204, {
      headers: { 'content-type': 'application/octet-stream; charset=x' },
    }),
    upload('an admin sends data to any image', 204, { by: 'admin' }),
    upload('the size that the sender announces may be right', 204, {
      headers: { ...octets, 'x-openstack-image-size': '5' },
    }),
    upload('the size that the sender announces may not be wrong', 400, {
      headers: { ...octets, 'x-openstack-image-size': '6' },
    }),
    upload('the size that the sender announces must be a number', 400, {
      headers: { ...octets, 'x-openstack-image-size': 'five' },
    }),
    upload('a store is ignored where there is but one', 204, {
      headers: { ...octets, 'x-image-meta-store': 'nonsense' },
    }),
    upload('data of another type is refused', 415, { headers: { 'content-type': 'text/plain' } }),
    upload('data as JSON is refused', 415, { headers: { 'content-type': 'application/json' } }),
    upload('data without a type is refused', 415, { headers: {} }),
    upload('data of another type is refused before the image is looked for', 415, {
      given: [],
      headers: { 'content-type': 'text/plain' },
    }),
    upload('data without disk format is refused', 400, { given: [image({ disk_format: null })] }),
    upload('data without container format is refused', 400, {
      given: [image({ container_format: null })],
    }),
    upload('data is sent once', 409, { given: [image(), data('12345')] }),
    upload('a deactivated image takes no data', 409, {
      given: [image(), data('12345'), done('POST /v2/images/{image}/actions/deactivate')],
    }),
    upload('a reader of the owner’s project sends nothing', 403, { by: 'producer reader' }),
    upload('a consumer sends nothing', 403, {
      given: [image(), member('consumer', 'accepted')],
      by: 'consumer',
    }),
    upload('a stranger does not find the image to send data to', 404, { by: 'stranger' }),
    upload('a stranger sends nothing to a public image', 403, {
      given: [visible('public')],
      by: 'stranger',
    }),
    { ...upload('an unknown image takes no data', 404), send: 'PUT /v2/images/{fresh}/file' },
    after('an image with data is active', [image(), data('12345')], { status: 'active', size: 5 }),
    after('a raw disk is as large as its data', [image({ disk_format: 'raw' }), data('12345')], {
      virtual_size: 5,
    }),
    after(
      'the size of a disk in another format is not that of its data',
      [image({ disk_format: 'ami' }), data('12345')],
      { size: 5, virtual_size: null },
    ),
    upload('data that is not of the format that the image names is refused', 415, {
      given: [image({ disk_format: 'iso' })],
    }),
    upload('data in a container is not looked at', 204, {
      given: [image({ disk_format: 'iso', container_format: 'ovf' })],
    }),
    after('an image of no bytes is active', [image(), data('')], {
      status: 'active',
      size: 0,
      checksum: 'd41d8cd98f00b204e9800998ecf8427e',
      os_hash_algo: 'sha512',
    }),
    after('an image that was refused its data is queued', [image({ disk_format: null })], {
      status: 'queued',
      size: null,
      checksum: null,
    }),
  ],
};
