import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const methods = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH'];

/**
 * What pages may send beside what browsers always let them: what Glance names, what its API takes besides,
 * and what Horizon sends with every request.
 */
const requestHeaders = [
  ...['Content-MD5', 'X-Image-Meta-Checksum', 'X-Storage-Token', 'Accept-Encoding', 'X-Auth-Token'],
  ...['X-Identity-Status', 'X-Roles', 'X-Service-Catalog', 'X-User-Id', 'X-Tenant-Id'],
  'X-OpenStack-Request-ID',
  ...['Content-Type', 'Range', 'X-Image-Meta-Store', 'X-OpenStack-Image-Size', 'X-Subject-Token'],
  'X-Requested-With',
];

/** What browsers always let pages send. @see oslo.middleware, `cors` */
const simpleHeaders = [
  ...['Accept', 'Accept-Language', 'Content-Type', 'Cache-Control'],
  ...['Content-Language', 'Expires', 'Last-Modified', 'Pragma'],
];

/** What pages may read of an answer beside what browsers always let them: what Glance names, and what else is told. */
const exposedHeaders = [
  ...['X-Image-Meta-Checksum', 'X-Auth-Token', 'X-Subject-Token', 'X-Service-Token'],
  'X-OpenStack-Request-ID',
  ...['Location', 'Retry-After', 'Content-MD5', 'Content-Range', 'X-Vitrine-Member'],
];

/** How long browsers may keep the answer to a preflight, seconds. */
const maxAge = '3600';

/**
 * Lets pages of these origins call the service, as Horizon does when it uploads an image from the
 * browser. Cookies play no part: a token is a header, which a page must have been given.
 *
 * @param origins such as `https://dashboard.example.com`; `*` for all; none leaves the service as it is
 * @see Fetch Standard, "CORS protocol"; Glance's `[cors]`
 */
export function allowOrigins(app: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const isOpen = origins.includes('*');
  /** What an answer names as the origin that may read it. */
  const allowedFor = (origin = ''): string | undefined =>
    isOpen ? '*' : origins.find((one) => one === origin);

  app.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    const allowed = allowedFor(request.headers.origin);
    if (!isOpen) reply.header('vary', 'Origin');
    const { answer, preflight, mayAsk } = request.url.startsWith(uploadPath) ? forUploads : usual;
    if (!isPreflight(request)) {
      if (allowed !== undefined) allow(reply, allowed, answer);
      return undefined;
    }
    // It carries no token; it is answered to foreign origins too, with nothing allowed.
    if (allowed !== undefined && mayAsk(request)) allow(reply, allowed, preflight);
    return reply.code(200).send();
  });
}

/** What pages may do with calls of one kind. */
function rulesFor(
  taken: readonly string[],
  told: readonly string[],
  allowedMethods: readonly string[],
) {
  const sendable = new Set([...taken, ...simpleHeaders].map((name) => name.toLowerCase()));
  return {
    answer: { 'access-control-expose-headers': told.join(', ') },
    preflight: {
      'access-control-allow-methods': allowedMethods.join(', '),
      'access-control-allow-headers': taken.join(', '),
      'access-control-max-age': maxAge,
    },
    mayAsk: ({ headers }: FastifyRequest): boolean => {
      const method = headers['access-control-request-method'] ?? '';
      const names = (headers['access-control-request-headers'] ?? '').split(',');
      return (
        allowedMethods.includes(method) &&
        names
          .map((name) => name.trim().toLowerCase())
          .every((name) => name === '' || sendable.has(name))
      );
    },
  };
}

const usual = rulesFor(requestHeaders, exposedHeaders, methods);

/** Uploads that can be resumed say much by headers of their own. @see tus 1.0 */
const uploadPath = '/vitrine/v1/uploads';
const uploadHeaders = ['Tus-Resumable', 'Upload-Length', 'Upload-Metadata', 'Upload-Offset'];
const forUploads = rulesFor(
  [...requestHeaders, ...uploadHeaders, 'Upload-Checksum'],
  [...exposedHeaders, ...uploadHeaders, 'Tus-Version', 'Upload-Expires'],
  ['HEAD', ...methods],
);

function allow(reply: FastifyReply, origin: string, headers: Readonly<Record<string, string>>) {
  reply.header('access-control-allow-origin', origin).headers(headers);
}

function isPreflight({ method, headers }: FastifyRequest): boolean {
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  );
}
