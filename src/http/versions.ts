import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { versionsDocument } from '../api/versions.ts';
import { baseUrl, sendJson } from './reply.ts';

export interface VersionsOptions {
  readonly publicEndpoint: string | undefined;
}

/** How clients discover the API; no token is wanted. @see Images API v2, "API versions" */
export function versionRoutes(app: FastifyInstance, options: VersionsOptions): void {
  app.all('/', (request, reply) => sendVersions(request, reply, 300, options));
  app.all('/versions', (request, reply) => sendVersions(request, reply, 200, options));
  app.all('/versions/*', (request, reply) => sendVersions(request, reply, 200, options));
}

/** Answers with the versions document: 300 stands for "choose one of these". */
export function sendVersions(
  request: FastifyRequest,
  reply: FastifyReply,
  status: 200 | 300,
  { publicEndpoint }: VersionsOptions,
): FastifyReply {
  return sendJson(reply, status, versionsDocument(baseUrl(request, publicEndpoint)));
}
