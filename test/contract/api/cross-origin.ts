import type { CallerName } from '../../support/callers.ts';
import { absent, like } from './matching.ts';
import type { Chapter, Row } from './row.ts';
import { image } from './scene.ts';

/** Whose pages may call the services that this project starts to hold them to the contract. */
export const pageOrigin = 'https://dashboard.example.org';

const foreign = 'https://elsewhere.example.org';

const methods = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH'] as const;

/** What pages may send beside what browsers always let them. */
const sendable = [
  ...['Content-MD5', 'X-Image-Meta-Checksum', 'X-Storage-Token', 'Accept-Encoding', 'X-Auth-Token'],
  ...['X-Identity-Status', 'X-Roles', 'X-Service-Catalog', 'X-User-Id', 'X-Tenant-Id'],
  ...['X-OpenStack-Request-ID', 'x-auth-token, content-type'],
] as const;

const readable = [
  ...['X-Image-Meta-Checksum', 'X-Auth-Token', 'X-Subject-Token', 'X-Service-Token'],
  'X-OpenStack-Request-ID',
] as const;

interface Asking {
  readonly origin: string;
  readonly method?: string;
  readonly names?: string;
  readonly path?: string;
}

/** A browser asks, without a token, before it lets a page send what it wants to. */
function asked(says: string, asking: Asking, answers: Row['answers']): Row {
  const { origin, method = 'GET', names, path = '/v2/images' } = asking;
  return {
    says,
    given: [image()],
    by: 'nobody',
    send: `OPTIONS ${path}`,
    headers: {
      origin,
      'access-control-request-method': method,
      ...(names !== undefined && { 'access-control-request-headers': names }),
    },
    status: 200,
    ...(answers && { answers }),
    text: '',
  };
}

interface Calling {
  readonly origin: string;
  readonly by?: CallerName;
  readonly status?: number;
}

function called(says: string, send: string, { origin, by, status = 200 }: Calling): Row {
  const isForeign = origin === foreign;
  return {
    says,
    given: [image()],
    ...(by && { by }),
    send,
    headers: { origin },
    status,
    answers: {
      'access-control-allow-origin': isForeign ? absent : origin,
      'access-control-expose-headers': isForeign
        ? absent
        : like(new RegExp(readable.map((name) => `(?=.*\\b${name}\\b)`).join(''))),
    },
  };
}

const refused = {
  'access-control-allow-origin': absent,
  'access-control-allow-methods': absent,
  'access-control-allow-headers': absent,
};

/** Pages of `origin` may call the service; those of others may not. @see Fetch Standard, "CORS protocol" */
export function crossOrigin(origin: string): Chapter {
  const allowed = { 'access-control-allow-origin': origin, 'access-control-max-age': '3600' };
  return {
    title: 'Pages of other origins',
    rows: [
      ...methods.map((method) =>
        asked(
          `a page may ${method}`,
          { origin, method },
          { ...allowed, 'access-control-allow-methods': like(new RegExp(`\\b${method}\\b`)) },
        ),
      ),
      ...sendable.map((names) =>
        asked(
          `a page may send ${names}`,
          { origin, names, method: 'PUT' },
          {
            ...allowed,
            'access-control-allow-headers': like(
              new RegExp(names.replace(/(\S+), (\S+)/, '(?=.*$1)(?=.*$2)'), 'i'),
            ),
          },
        ),
      ),
      asked(
        'a page may ask for a path that is not there',
        { origin, path: '/v2/nonsense' },
        allowed,
      ),
      asked('a page may ask for the list of versions', { origin, path: '/' }, allowed),
      asked('a page may not PROPFIND', { origin, method: 'PROPFIND' }, refused),
      asked('a page may not send what nobody names', { origin, names: 'x-other' }, refused),
      asked('a page of another origin may nothing', { origin: foreign }, refused),
      called('a page reads a list', 'GET /v2/images?limit=0', { origin }),
      called('a page reads an image', 'GET /v2/images/{image}', { origin }),
      called('a page reads that nothing is found', 'GET /v2/images/{fresh}', {
        origin,
        status: 404,
      }),
      called('a page reads that a token is wanted', 'GET /v2/images', {
        origin,
        by: 'nobody',
        status: 401,
      }),
      called('a page of another origin reads nothing', 'GET /v2/images?limit=0', {
        origin: foreign,
      }),
    ],
  };
}
