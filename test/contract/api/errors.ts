import { absent, all, keys, like } from './matching.ts';
import type { Chapter, Row } from './row.ts';

const missing = 'GET /v2/images/00000000-0000-0000-0000-000000000000';

const html = {
  answers: { 'content-type': 'text/html; charset=UTF-8' },
  text: like(
    /^<html>\n <head>\n {2}<title>404 Not Found<\/title>\n <\/head>\n <body>\n {2}<h1>404 Not Found<\/h1>\n {2}[^\n]+<br \/><br \/>\n\n\n+ <\/body>\n<\/html>$/,
  ),
};

const json = {
  answers: { 'content-type': 'application/json' },
  json: all(keys('message', 'code', 'title'), {
    message: like(/^[^<]+<br \/><br \/>\n\n\n$/),
    code: '404 Not Found',
    title: 'Not Found',
  }),
};

const plain = {
  answers: { 'content-type': 'text/plain; charset=UTF-8' },
  text: like(/^404 Not Found\n\n[^<]+/),
};

function reads(accept: string, form: object, name: string): Row {
  return {
    says: `who accepts ${accept === '' ? 'nothing' : accept} reads errors as ${name}`,
    send: missing,
    headers: { accept },
    status: 404,
    ...form,
  };
}

export const errors: Chapter = {
  title: 'Errors and request ids',
  rows: [
    reads('*/*', html, 'HTML'),
    reads('text/html', html, 'HTML'),
    reads('text/*', html, 'HTML'),
    reads('text/html, application/json', html, 'HTML'),
    reads('application/json, text/html', html, 'HTML'),
    reads('text/html, application/json;q=0.5', html, 'HTML'),
    reads('application/json;q=0.5, */*;q=0.8', html, 'HTML'),
    reads('application/json', json, 'JSON'),
    reads('application/*', json, 'JSON'),
    reads('text/html;q=0.5, application/json', json, 'JSON'),
    reads('*/*;q=0.1, application/json', json, 'JSON'),
    reads('image/png, application/json', json, 'JSON'),
    reads('', plain, 'text'),
    reads('image/png', plain, 'text'),
    reads('text/plain', plain, 'text'),
    reads('application/xml', plain, 'text'),
    {
      says: 'what a caller wrote never comes back as HTML',
      send: 'GET /v2/images?sort_key=<b>%26"',
      status: 400,
      text: like(/^(?![\s\S]*<b>)/),
    },
    {
      says: 'errors without a token come as JSON to who asks for it',
      by: 'nobody',
      send: 'GET /v2/images',
      headers: { accept: 'application/json' },
      status: 401,
      json: { code: '401 Unauthorized', title: 'Unauthorized' },
    },
    {
      says: 'who has no token is told of the identity service',
      by: 'nobody',
      send: 'GET /v2/images',
      status: 401,
      answers: { 'www-authenticate': like(/^Keystone uri="http:\/\/.+"$/) },
    },
    {
      says: '405 comes as JSON to who asks for it',
      send: 'POST /v2/schemas/image',
      headers: { accept: 'application/json' },
      status: 405,
      json: { code: '405 Method Not Allowed', title: 'Method Not Allowed' },
    },
    {
      says: 'every answer has a request id of its own',
      send: 'GET /v2/images?limit=0',
      status: 200,
      answers: {
        'x-openstack-request-id': like(/^req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      },
    },
    {
      says: 'the request id that the caller gives is kept',
      send: 'GET /v2/images?limit=0',
      headers: { 'x-openstack-request-id': 'req-mine' },
      status: 200,
      answers: { 'x-openstack-request-id': 'req-mine' },
    },
    {
      says: "a caller's request id gets its prefix when it has none",
      send: missing,
      headers: { 'x-openstack-request-id': 'mine' },
      status: 404,
      answers: { 'x-openstack-request-id': 'req-mine' },
    },
    {
      says: 'a request id of 64 characters is kept',
      send: 'GET /v2/images?limit=0',
      headers: { 'x-openstack-request-id': `req-${'x'.repeat(60)}` },
      status: 200,
      answers: { 'x-openstack-request-id': `req-${'x'.repeat(60)}` },
    },
    {
      says: 'a request id that is too long is refused',
      send: 'GET /v2/images?limit=0',
      headers: { 'x-openstack-request-id': 'x'.repeat(100) },
      status: 431,
    },
    {
      says: 'the 401 has no request id',
      by: 'nobody',
      send: 'GET /v2/images',
      headers: { 'x-openstack-request-id': 'mine' },
      status: 401,
      answers: { 'x-openstack-request-id': absent },
    },
  ],
};
