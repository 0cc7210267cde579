import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type VersionFeatures, versionsDocument } from '../api/versions.ts';
import type { ImageCacheControl } from '../service/image-cache.ts';
import type { StoreCopies } from '../service/store-copies.ts';
import { prefersPage } from './accept.ts';
import { baseUrl, sendJson } from './reply.ts';

export interface VersionsOptions {
  readonly publicEndpoint: string | undefined;
  readonly copies: Pick<StoreCopies, 'isSeveral'>;
  readonly cacheControl: Pick<ImageCacheControl, 'isOn'>;
  /** Where people are sent who come with a browser; undefined where there is no page. */
  readonly page?: string | undefined;
}

/** How clients discover the API; no token is wanted. @see Images API v2, "API versions" */
export function versionRoutes(app: FastifyInstance, options: VersionsOptions): void {
  app.all('/', (request, reply) => {
    const { page } = options;
    if (page !== undefined && isForPeople(request)) return sendToPage(reply, page);
    return sendVersions(request, reply, 300, options);
  });
  app.all('/versions', (request, reply) => sendVersions(request, reply, 200, options));
  app.all('/versions/*', (request, reply) => sendVersions(request, reply, 200, options));
}

function isForPeople({ method, headers }: FastifyRequest): boolean {
  return (method === 'GET' || method === 'HEAD') && prefersPage(headers.accept);
}

/** Nobody may keep it, since programs are told otherwise. */
function sendToPage(reply: FastifyReply, page: string): FastifyReply {
  return reply.headers({ 'cache-control': 'no-store', vary: 'Accept' }).redirect(page, 302);
}

/** Answers with the versions document: 300 stands for "choose one of these". */
export function sendVersions(
  request: FastifyRequest,
  reply: FastifyReply,
  status: 200 | 300,
  options: VersionsOptions,
): FastifyReply {
  const base = baseUrl(request, options.publicEndpoint);
  return sendJson(reply, status, versionsDocument(base, featuresOf(options)));
}

/** What decides which versions there are. */
export function featuresOf({
  copies,
  cacheControl,
}: Pick<VersionsOptions, 'copies' | 'cacheControl'>): VersionFeatures {
  return { hasStores: copies.isSeveral, hasCache: cacheControl.isOn };
}
