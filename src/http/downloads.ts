import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../domain/errors.ts';
import type { Image } from '../domain/image.ts';
import { refuseBody } from './body.ts';
import { consolePath } from './console.ts';
import { type ImageDataRoutesOptions, sendDownload, sendingBy, turnOf } from './image-data.ts';

interface ImageParams {
  Params: { imageId: string };
}

export interface DownloadsOptions extends ImageDataRoutesOptions {
  readonly publicEndpoint: string | undefined;
}

/** Where the data is; below it, the cookie is for one image alone. */
const downloads = '/vitrine/v1/downloads';

const cookieName = 'vitrine-download';

/** How long a download may be begun, or gone on with, seconds. */
const cookieTime = 3600;

/**
 * Lets a browser download by itself: its downloads send no token in a header, and a page that fetched the data
 * instead would have to hold all of it. Asked with a token, the answer is a cookie with that token, which the browser
 * sends to this one path alone, only for pages of this service, and which no script can read.
 */
export function downloadPassRoutes(app: FastifyInstance, options: DownloadsOptions): void {
  const path = '/vitrine/v1/images/:imageId/download';
  app.post<ImageParams>(path, { onRequest: refuseBody }, async (request, reply) => {
    const { imageId } = request.params;
    // Whatever would keep the data back is told now, to the page: the browser would show it as a file.
    await options.imageData.download(request.caller, imageId, async ({ image, reader }) => {
      await reader?.[Symbol.asyncDispose]();
      reply.header('set-cookie', cookieFor(request, image, options.publicEndpoint));
      return undefined;
    });
    return reply.code(204).send();
  });
}

/** Sends the data by that cookie; it changes nothing, so that nothing is gained by making a browser ask. */
export function downloadRoutes(
  app: FastifyInstance,
  { imageData, ...options }: DownloadsOptions,
): void {
  const sending = sendingBy(options);
  const path = `${downloads}/:imageId`;
  const route = { onRequest: refuseBody, config: { streamsAnswer: true } };
  app.get<ImageParams>(path, route, async (request, reply) => {
    const { imageId } = request.params;
    if (!(await turnOf(reply.raw))) return reply.hijack();
    await imageData.download(request.caller, imageId, (download) => {
      reply.headers(headersFor(download.image));
      return sendDownload(request, reply, download, sending);
    });
    return reply.sent ? reply : reply.code(204).send();
  });
}

/**
 * A hook for before the authentication: the cookie's token stands for the one that a client would have sent.
 *
 * @throws DomainError `NotPermitted` for what a page of another origin asks for
 */
export function tokenFromCookie(
  request: FastifyRequest,
  _reply: FastifyReply,
  done: () => void,
): void {
  const { headers } = request;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    throw new DomainError('NotPermitted', 'Pages of other origins may not download here.');
  }
  const token = cookieIn(headers.cookie);
  if (token !== undefined) headers['x-auth-token'] = token;
  done();
}

function cookieIn(header = ''): string | undefined {
  const cookies = header.split(';').map((cookie) => cookie.trim());
  const found = cookies.find((cookie) => cookie.startsWith(`${cookieName}=`));
  return found?.slice(cookieName.length + 1);
}

/** @see RFC 6265bis, 4.1.2 */
function cookieFor(
  { headers, protocol }: FastifyRequest,
  image: Image,
  publicEndpoint: string | undefined,
): string {
  const root = consolePath(publicEndpoint).replace(/\/console$/, '');
  const isSecure = publicEndpoint?.startsWith('https:') ?? protocol === 'https';
  return [
    `${cookieName}=${String(headers['x-auth-token'])}`,
    `Path=${root}${downloads}/${image.id}`,
    `Max-Age=${cookieTime}`,
    'HttpOnly',
    'SameSite=Strict',
    ...(isSecure ? ['Secure'] : []),
  ].join('; ');
}

/** The browser is to keep it as a file, whatever is in it. */
function headersFor({ id, name, diskFormat }: Image) {
  const stem = (name ?? id).replace(/[\p{Cc}\\/:*?"<>|]/gu, '_');
  const suffix = diskFormat === null || stem.endsWith(`.${diskFormat}`) ? '' : `.${diskFormat}`;
  const file = encodeURIComponent(stem + suffix).replace(/['()*]/g, escaped);
  return {
    'content-disposition': `attachment; filename*=UTF-8''${file}`,
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  };
}

/** What `encodeURIComponent` leaves and RFC 8187 does not. */
function escaped(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
