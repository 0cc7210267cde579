import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { wishesIn, wishForEncoding } from './accept.ts';
import {
  type ConsoleFile,
  type ConsoleFiles,
  type EncodedFile,
  readConsoleFiles,
} from './console-files.ts';
import { sendError } from './error-handler.ts';

export interface ConsoleOptions {
  /** What `npm run build:console` made; undefined where the operator wants no console. */
  readonly folder: string | undefined;
  /** Where people sign in. */
  readonly identity: 'embedded' | 'keystone';
  readonly publicEndpoint: string | undefined;
}

/**
 * Nothing but the console's own files runs or is shown, it talks to nobody but its own service, and no
 * other page may frame it. No script or style stands in the page itself.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const securityHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** The names of files have a hash of what is in them: they never change. */
const forEver = 'public, max-age=31536000, immutable';

/** Best first. */
const encodings = ['br', 'gzip', 'identity'] as const;

/** The web console: a page and its files, for everybody; what it shows takes a token as for any other client. */
export function consoleRoutes(app: FastifyInstance, options: ConsoleOptions): void {
  const { folder } = options;
  if (folder === undefined) return;
  let files: Promise<ConsoleFiles | undefined> | undefined;

  /** Read once, when the first one asks; not there, they may yet be built, and what failed may go well again. */
  async function filesOf(): Promise<ConsoleFiles | undefined> {
    files ??= readConsoleFiles(folder ?? '', (html) => pageOf(html, options));
    let read: ConsoleFiles | undefined;
    try {
      read = await files;
    } finally {
      if (!read) files = undefined;
    }
    return read;
  }

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    reply.headers(securityHeaders);
    const read = await filesOf();
    if (!read) return sendUnbuilt(reply);
    const path = (request.url.split('?', 1)[0] ?? '').slice('/console/'.length);
    const isAsset = path.startsWith('assets/');
    const file = read.get(isAsset ? path : 'index.html');
    if (!file) return sendText(reply, 404, 'There is no such file.');
    // Every other path is one that the page itself knows, or says that it does not.
    return sendFile(request, reply, file, isAsset ? forEver : 'no-cache');
  }

  // Before any body is looked at.
  const onRequest = refuseOtherMethods;
  for (const url of ['/console', '/console/*']) app.all(url, { onRequest }, answer);
}

function refuseOtherMethods(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const { method } = request;
  if (method === 'GET' || method === 'HEAD') {
    done();
    return;
  }
  reply.header('allow', 'GET, HEAD');
  sendError(request, reply, 405, `${method} is not supported here; use GET, HEAD.`);
}

/** Where browsers find the console; a proxy may have the service below a path of its own. */
export function consolePath(publicEndpoint: string | undefined): string {
  const root = publicEndpoint === undefined ? '/' : new URL(publicEndpoint).pathname;
  return `${root.replace(/\/$/, '')}/console`;
}

/** What the page must know of its service, which is no secret. */
function pageOf(html: string, { identity, publicEndpoint }: ConsoleOptions): string {
  return html
    .replace(/<base href="[^"]*"/, `<base href="${consolePath(publicEndpoint)}/"`)
    .replace(/(<meta name="identity" content=")[^"]*"/, `$1${identity}"`);
}

function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: ConsoleFile,
  cacheControl: string,
): FastifyReply {
  const [encoding, { bytes, etag }] = chosenEncoding(request, file);
  reply.headers({ etag, 'cache-control': cacheControl, vary: 'Accept-Encoding' });
  if (isKnown(request.headers['if-none-match'], etag)) return reply.code(304).send();
  if (encoding !== 'identity') reply.header('content-encoding', encoding);
  reply.headers({ 'content-type': file.type, 'content-length': bytes.length });
  return reply.send(request.method === 'HEAD' ? undefined : bytes);
}

function chosenEncoding(
  { headers }: FastifyRequest,
  file: ConsoleFile,
): readonly [string, EncodedFile] {
  const wishes = wishesIn(headers['accept-encoding']);
  for (const encoding of encodings) {
    const encoded = file.encodings.get(encoding);
    const isWanted = encoding === 'identity' || wishForEncoding(wishes, encoding) > 0;
    if (encoded && isWanted) return [encoding, encoded];
  }
  throw new Error('A file of the console has no data.');
}

/** @see RFC 9110, 13.1.2 */
function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  const known = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return known.includes(etag) || known.includes('*');
}

function sendUnbuilt(reply: FastifyReply): FastifyReply {
  const text =
    'The web console has not been built. Run "npm run build:console" where the service is installed, then load this page again.';
  return sendText(reply.header('retry-after', '5'), 503, text);
}

function sendText(reply: FastifyReply, status: number, text: string): FastifyReply {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };
  return reply.code(status).headers(headers).send(`${text}\n`);
}
