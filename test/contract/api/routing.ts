import { absent, like } from './matching.ts';
import type { Chapter, Row } from './row.ts';
import { data, done, image, member } from './scene.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const;

/** Paths that no method but GET finds, which the router knows no 405 for. */
const foundByGetAlone = ['/v2/info/usage', '/v2/images/{image}/tasks'] as const;

/** Every path of these chapters with the methods that it takes, as `Allow` names them. */
const paths: Readonly<Record<string, string>> = {
  '/v2/images': 'GET, POST',
  '/v2/images/{image}': 'GET, PATCH, DELETE',
  '/v2/images/{image}/file': 'GET, PUT',
  '/v2/images/{image}/tags/x': 'PUT, DELETE',
  '/v2/images/{image}/members': 'GET, POST',
  '/v2/images/{image}/members/{consumer}': 'GET, PUT, DELETE',
  '/v2/images/{image}/actions/deactivate': 'POST',
  '/v2/images/{image}/actions/reactivate': 'POST',
  '/v2/info/import': 'GET',
  '/v2/schemas/image': 'GET',
  '/v2/schemas/images': 'GET',
  '/v2/schemas/member': 'GET',
  '/v2/schemas/members': 'GET',
};

function* otherMethods(): Generator<Row> {
  for (const [path, allow] of Object.entries(paths)) {
    for (const method of methods) {
      if (allow.split(', ').includes(method)) continue;
      yield {
        says: `${method} ${path} is 405, and Allow says ${allow}`,
        given: [image()],
        send: `${method} ${path}`,
        status: 405,
        answers: { allow },
      };
    }
  }
}

const bodiless = [
  'GET /v2/images/{image}',
  'DELETE /v2/images/{image}',
  'GET /v2/images/{image}/file',
  'PUT /v2/images/{image}/tags/x',
  'DELETE /v2/images/{image}/tags/x',
  'GET /v2/images/{image}/members',
  'GET /v2/images/{image}/members/{consumer}',
  'DELETE /v2/images/{image}/members/{consumer}',
  'POST /v2/images/{image}/actions/deactivate',
  'POST /v2/images/{image}/actions/reactivate',
  'GET /v2/info/import',
  'GET /v2/schemas/image',
  'GET /v2/schemas/images',
  'GET /v2/schemas/member',
  'GET /v2/schemas/members',
] as const;

/** Ids with a character of four bytes. */
const rare = [
  'GET /v2/images/%F0%9F%98%80',
  'DELETE /v2/images/%F0%9F%98%80',
  'GET /v2/images/%F0%9F%98%80/file',
  'GET /v2/images/%F0%9F%98%80/members',
  'POST /v2/images/%F0%9F%98%80/actions/deactivate',
  'GET /v2/images/{image}/members/%F0%9F%98%80',
  'DELETE /v2/images/{image}/members/%F0%9F%98%80',
] as const;

const missing = '00000000-0000-0000-0000-000000000000';

function notFound(request: string, says: string): Row {
  return { says, given: [image(), data('12345')], send: request, status: 404 };
}

const needToken = [
  'GET /v2/images',
  'POST /v2/images',
  'GET /v2/images/{image}',
  'PATCH /v2/images/{image}',
  'DELETE /v2/images/{image}',
  'GET /v2/images/{image}/file',
  'PUT /v2/images/{image}/file',
  'PUT /v2/images/{image}/tags/x',
  'GET /v2/images/{image}/members',
  'POST /v2/images/{image}/members',
  'POST /v2/images/{image}/actions/deactivate',
  'GET /v2/schemas/image',
  'GET /v2/info/import',
  'GET /v2/info/usage',
  'GET /v2/nonsense',
  'POST /v2/images/{image}',
  'OPTIONS /v2/images',
  'HEAD /v2/images',
] as const;

export const routing: Chapter = {
  title: 'Paths, methods and tokens',
  rows: [
    ...otherMethods(),
    ...bodiless.map(
      (request): Row => ({
        says: `${request} takes no body`,
        given: [image(), data('12345'), member('consumer'), done('PUT /v2/images/{image}/tags/x')],
        send: request,
        body: '{}',
        status: 400,
      }),
    ),
    ...['POST /v2/images/{image}/actions/deactivate', 'PUT /v2/images/{image}/tags/x'].map(
      (request): Row => ({
        says: `${request} takes no body in chunks either`,
        given: [image(), data('12345')],
        send: request,
        headers: { 'transfer-encoding': 'chunked' },
        body: '{}',
        status: 400,
      }),
    ),
    {
      says: 'DELETE does not mind a body in chunks',
      given: [image()],
      send: 'DELETE /v2/images/{image}',
      headers: { 'transfer-encoding': 'chunked' },
      body: '{}',
      status: 204,
    },
    {
      says: 'the list of images does not mind a body',
      send: 'GET /v2/images?limit=0',
      body: '{}',
      status: 200,
    },
    {
      says: 'what a project uses does not mind a body',
      send: 'GET /v2/info/usage',
      body: '{}',
      status: 200,
    },
    {
      says: 'a body that is not wanted is refused before the image is looked for',
      send: `GET /v2/images/${missing}`,
      body: '{}',
      status: 400,
    },
    {
      says: 'actions do not mind a content type without a body',
      given: [image(), data('12345')],
      send: 'POST /v2/images/{image}/actions/deactivate',
      headers: { 'content-type': 'application/octet-stream' },
      status: 204,
    },
    {
      says: 'JSON calls do not look at the content type',
      send: 'POST /v2/images',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: { name: 'posted as a form' },
      status: 201,
    },
    {
      says: 'adding a member does not look at the content type',
      given: [image()],
      send: 'POST /v2/images/{image}/members',
      headers: { 'content-type': 'text/plain' },
      body: { member: '{consumer}' },
      status: 200,
    },
    {
      says: 'an answer does not look at the content type',
      given: [image(), member('consumer')],
      by: 'consumer',
      send: 'PUT /v2/images/{image}/members/{consumer}',
      headers: { 'content-type': 'text/plain' },
      body: { status: 'accepted' },
      status: 200,
    },
    {
      says: '/v2 leads to /v2/',
      send: 'GET /v2',
      status: 302,
      answers: { location: like(/^http:\/\/[^/]+\/v2\/$/) },
    },
    ...foundByGetAlone.flatMap((path) =>
      methods
        .filter((method) => method !== 'GET' && method !== 'OPTIONS')
        .map((method) => notFound(`${method} ${path}`, `${method} ${path} is not found`)),
    ),
    {
      says: 'a method that the API has nowhere is not implemented on an unknown path',
      send: 'PROPFIND /v2/nonsense',
      status: 501,
    },
    {
      says: 'a method that the API has nowhere is refused on a known path',
      send: 'PROPFIND /v2/images',
      status: 405,
      answers: { allow: 'GET, POST' },
    },
    notFound('GET /v2/images/', 'a slash at the end is not tolerated after images'),
    notFound('DELETE /v2/images/', 'an empty id is not found to delete'),
    notFound('GET /v2/images/{image}/', 'a slash at the end is not tolerated after an image'),
    notFound('GET /v2/images/{image}/members/', 'an empty member id is not found'),
    notFound('GET /v2/nonsense', 'an unknown path is not found'),
    notFound('GET /v2/images/{image}/nonsense', 'an unknown path below an image is not found'),
    notFound('GET /v2/schemas', 'there is no list of schemas'),
    notFound('GET /v2/schemas/nonsense', 'an unknown schema is not found'),
    notFound('POST /v2/images/{image}/actions/explode', 'an unknown action is not found'),
    notFound('PUT /v2/images/{image}/tags/a/b', 'a placeholder matches one segment only'),
    notFound('GET /v2/images/not-a-uuid', 'an id that is no UUID is not found'),
    notFound('GET /v2/images/a%20name%20with%20blanks', 'a name in place of an id is not found'),
    notFound(`GET /v2/images/${'x'.repeat(300)}`, 'an id that is too long is not found'),
    notFound('GET /v2/images/%C3%BC%3F%23', 'any text in place of an id is not found'),
    ...needToken.map(
      (request): Row => ({
        says: `${request} needs a token`,
        given: [image()],
        by: 'nobody',
        send: request,
        status: 401,
        answers: { 'x-openstack-request-id': absent },
      }),
    ),
    {
      says: 'an unknown token is no token',
      by: 'nobody',
      send: 'GET /v2/images',
      headers: { 'x-auth-token': 'unknown' },
      status: 401,
    },
    {
      says: 'a system-scoped token opens no image',
      by: 'system',
      send: 'GET /v2/images',
      status: 403,
    },
    {
      says: 'a path that is not UTF-8 is refused',
      given: [image()],
      send: 'PUT /v2/images/{image}/tags/%FF',
      status: 400,
    },
    ...rare.map(
      (request): Row => ({
        says: `${request} has a character of four bytes, and is refused`,
        given: [image()],
        send: request,
        status: 400,
      }),
    ),
    {
      says: 'an answer of a member with a character of four bytes is refused',
      given: [image()],
      send: 'PUT /v2/images/{image}/members/%F0%9F%98%80',
      body: { status: 'accepted' },
      status: 400,
    },
    {
      says: 'a method is refused before the path’s characters are looked at',
      send: 'POST /v2/images/%F0%9F%98%80',
      status: 405,
    },
    {
      says: 'an unknown path with a character of four bytes is not found',
      send: 'GET /v2/%F0%9F%98%80',
      status: 404,
    },
    {
      says: 'a query that is not UTF-8 is refused',
      send: 'GET /v2/images?name=%FF',
      status: 400,
    },
  ],
};
