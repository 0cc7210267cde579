import type { CallerName } from '../../support/callers.ts';
import type { Chapter, Row } from './row.ts';
import { data, done, image, member, type Step } from './scene.ts';

const octets = { 'content-type': 'application/octet-stream' };
const direct = { method: { name: 'glance-direct' } };

interface Call {
  readonly given?: readonly Step[];
  readonly by?: CallerName;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

function stage(says: string, status: number, more: Call = {}): Row {
  return {
    says,
    given: [image()],
    send: 'PUT /v2/images/{image}/stage',
    headers: octets,
    body: '12345',
    status,
    ...more,
  };
}

function order(says: string, status: number, more: Call = {}): Row {
  return { says, given: [image()], send: 'POST /v2/images/{image}/import', status, ...more };
}

const staged: Step = done('PUT /v2/images/{image}/stage', { headers: octets, body: '12345' });

function malformed(what: string, body: unknown, given: readonly Step[] = [image(), staged]): Row {
  return order(`an import is refused that ${what}`, 400, { body, given });
}

function web(uri: unknown) {
  return { method: { name: 'web-download', uri } };
}

const place = { url: 'http://example.org/disk.raw', metadata: {} };

/** Data that comes in without being uploaded to its place, and data that lies elsewhere. */
export const imports: Chapter = {
  title: 'Staging, importing, tasks and locations',
  rows: [
    { ...stage('the owner stages data', 204), text: '' },
    {
      says: 'staged data is uploading and has a size, but no hash',
      given: [image(), staged],
      send: 'GET /v2/images/{image}',
      status: 200,
      json: { status: 'uploading', size: 5, checksum: null, os_hash_value: null },
    },
    stage('data is staged before the formats are set', 204, {
      given: [image({ disk_format: null, container_format: null })],
    }),
    stage('data of another type is not staged', 415, { headers: { 'content-type': 'text/plain' } }),
    stage('an image with data has nothing staged', 409, { given: [image(), data('12345')] }),
    stage('data is staged once', 409, { given: [image(), staged] }),
    stage('a consumer stages nothing', 403, {
      given: [image(), member('consumer')],
      by: 'consumer',
    }),
    stage('a stranger stages nothing', 404, { by: 'stranger' }),
    {
      says: 'staged data is not sent',
      given: [image(), staged],
      send: 'GET /v2/images/{image}/file',
      status: 204,
    },
    {
      says: 'what is staged is not replaced by an upload',
      given: [image(), staged],
      send: 'PUT /v2/images/{image}/file',
      headers: octets,
      body: 'x',
      status: 409,
    },
    order('an import is taken', 202, { given: [image(), staged], body: direct }),
    order('nothing staged cannot be imported', 409, { body: direct }),
    order('data is not imported while a format is unset', 409, {
      given: [image({ disk_format: null, container_format: null }), staged],
      body: direct,
    }),
    order('an image with data is not imported', 409, {
      given: [image(), data('12345')],
      body: direct,
    }),
    order('an image with data is not downloaded again', 409, {
      given: [image(), data('12345')],
      body: web('http://93.184.216.34/'),
    }),
    order('an image without data is not copied', 409, {
      by: 'admin',
      body: { method: { name: 'copy-image' } },
    }),
    order('a consumer imports nothing', 403, {
      given: [image(), member('consumer'), staged],
      by: 'consumer',
      body: direct,
    }),
    order('a stranger imports nothing', 404, {
      given: [image(), staged],
      by: 'stranger',
      body: direct,
    }),
    {
      says: 'what is not there is not imported',
      send: 'POST /v2/images/{fresh}/import',
      body: direct,
      status: 404,
    },
    malformed('has no method', {}),
    malformed('has a method without a name', { method: {} }),
    malformed('has an unknown method', { method: { name: 'nonsense' } }),
    malformed('has a method that is not on', { method: { name: 'glance-download' } }),
    malformed('has a text for all_stores', { ...direct, all_stores: 'yes' }),
    malformed('lets stores fail where there is but one', {
      ...direct,
      all_stores_must_succeed: false,
    }),
    malformed('downloads from nowhere', { method: { name: 'web-download' } }, [image()]),
    malformed('downloads a file of the host', web('file:///etc/passwd'), [image()]),
    malformed('downloads from a port that is closed', web('http://example.org:22/'), [image()]),
    {
      says: 'tasks are not for owners',
      send: 'GET /v2/tasks',
      status: 403,
    },
    {
      says: 'owners order no tasks',
      send: 'POST /v2/tasks',
      body: 'nonsense',
      status: 403,
    },
    {
      says: 'a task has a type',
      by: 'admin',
      send: 'POST /v2/tasks',
      body: { input: {} },
      status: 400,
    },
    {
      says: 'a task has an input',
      by: 'admin',
      send: 'POST /v2/tasks',
      body: { type: 'import' },
      status: 400,
    },
    {
      says: 'a task is of a type that is known',
      by: 'admin',
      send: 'POST /v2/tasks',
      body: { type: 'nonsense', input: {} },
      status: 400,
    },
    {
      says: 'a task is deleted by nobody',
      by: 'admin',
      send: 'DELETE /v2/tasks/{fresh}',
      status: 405,
      answers: { allow: 'GET' },
    },
    {
      says: 'a task that is not there is not found',
      by: 'admin',
      send: 'GET /v2/tasks/{fresh}',
      status: 404,
    },
    {
      says: 'an image nothing was done for has no tasks',
      given: [image()],
      send: 'GET /v2/images/{image}/tasks',
      status: 200,
      json: { tasks: [] },
    },
    {
      says: 'an import is a task of its image',
      given: [image(), staged, done('POST /v2/images/{image}/import', { body: direct })],
      send: 'GET /v2/images/{image}/tasks',
      status: 200,
      json: { tasks: [{ type: 'api_image_import', image_id: '{image}', deleted: false }] },
    },
    {
      says: 'an image shows no locations, nor a URL of its data',
      given: [image(), data('12345')],
      send: 'GET /v2/images/{image}',
      status: 200,
      json: { locations: undefined, direct_url: undefined },
    },
    ...(
      [
        ['added', { op: 'add', path: '/locations/-', value: place }],
        ['replaced', { op: 'replace', path: '/locations', value: [place] }],
        ['removed', { op: 'remove', path: '/locations/0' }],
      ] as const
    ).map(
      ([what, operation]): Row => ({
        says: `a location of an image with data is not ${what}, even by an admin`,
        given: [image(), data('12345')],
        by: 'admin',
        send: 'PATCH /v2/images/{image}',
        headers: { 'content-type': 'application/openstack-images-v2.1-json-patch' },
        body: [operation],
        status: 403,
      }),
    ),
    {
      says: 'admins are told where data lies',
      given: [image()],
      by: 'admin',
      send: 'GET /v2/images/{image}/locations',
      status: 200,
      text: '[]',
    },
    {
      says: 'owners are not told where data lies',
      given: [image()],
      send: 'GET /v2/images/{image}/locations',
      status: 403,
    },
    {
      says: 'a location is for an image that waits',
      given: [image(), data('12345')],
      send: 'POST /v2/images/{image}/locations',
      body: { url: place.url },
      status: 409,
    },
  ],
};
