import { all, keys, like, Matcher } from './matching.ts';
import type { Chapter, Row } from './row.ts';
import { image } from './scene.ts';

/** Newest first, one CURRENT, each with the link that clients follow. */
const versionsDocument = new Matcher('a list of versions, exactly one of them current', (value) => {
  if (!Array.isArray(value) || value.length === 0) return false;
  const [newest, ...older] = value;
  return newest.status === 'CURRENT' && older.every(({ status }) => status === 'SUPPORTED');
});

const versionEntry = new Matcher('entries of id, status and one link to /v2/', (value) => {
  if (!Array.isArray(value)) return false;
  return value.every(
    ({ id, links, ...rest }) =>
      /^v2\.\d+$/.test(id) &&
      Object.keys(rest).join() === 'status' &&
      links.length === 1 &&
      links[0].rel === 'self' &&
      /^http:\/\/[^/]+\/v2\/$/.test(links[0].href),
  );
});

const document = all(keys('versions'), { versions: all(versionsDocument, versionEntry) });

function lists(path: string, status: number): Row {
  return {
    says: `${path} lists the versions with ${status}, without a token`,
    by: 'nobody',
    send: `GET ${path}`,
    status,
    json: document,
    answers: { 'content-type': 'application/json' },
  };
}

function selects(path: string, headers: Row['headers'] = {}): Row {
  const by = headers['accept'] === undefined ? '' : `, by Accept ${headers['accept']}`;
  return {
    says: `${path} is a path of the API${by}`,
    given: [image()],
    send: `GET ${path}/{image}`,
    headers,
    status: 200,
    json: { id: '{image}' },
  };
}

export const versions: Chapter = {
  title: 'Versions',
  rows: [
    lists('/', 300),
    ...['/versions', '/versions/any'].map((path) => lists(path, 200)),
    ...['/v1/images', '/v3', '/v10', '/va.1/images', '/v2.99/images', '/nonsense', '/images'].map(
      (path) => lists(path, 300),
    ),
    {
      says: 'the list of versions names the host by which it was asked',
      by: 'nobody',
      send: 'GET /versions',
      headers: { host: 'images.example.org:81' },
      status: 200,
      json: {
        versions: new Matcher('links to that host', (value) =>
          (value as { links: { href: string }[] }[]).every(
            ({ links }) => links[0]?.href === 'http://images.example.org:81/v2/',
          ),
        ),
      },
    },
    ...['/v2/images', '/v2.0/images', '/v2.3/images', '/v2.7/images', '/v2.9/images'].map((path) =>
      selects(path),
    ),
    selects('/images', { accept: 'application/vnd.openstack.images-v2.3' }),
    selects('/images', { accept: 'application/vnd.openstack.images-v2' }),
    {
      says: '/v2/ is no list of versions',
      send: 'GET /v2/',
      status: 404,
    },
    {
      says: '/v2/ is not found only for those who may ask',
      by: 'nobody',
      send: 'GET /v2/',
      status: 401,
    },
    {
      says: 'the documents of a version link to the path without a minor number',
      given: [image()],
      send: 'GET /v2.3/images/{image}',
      status: 200,
      json: { self: '/v2/images/{image}', file: like(/^\/v2\/images\/[^/]+\/file$/) },
    },
  ],
};
