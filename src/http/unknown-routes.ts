import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../domain/errors.ts';
import { sendError } from './error-handler.ts';
import { baseUrl } from './reply.ts';

/** The methods that the API knows at all. */
const apiMethods: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/**
 * Whatever else lies below `/v2` is not found, but only for those who may ask.
 *
 * @param publicEndpoint what the operator says of the service's root; else the request tells
 * @see Glance's router, which also sends `/v2` to `/v2/`, where nothing is
 */
export function unknownRoutes(app: FastifyInstance, publicEndpoint: string | undefined): void {
  app.all('/v2', (request, reply) => {
    void reply.redirect(`${baseUrl(request, publicEndpoint)}/v2/`, 302);
  });
  app.all('/v2/*', (request, reply) => refuse(request, reply));
}

/** Whatever else lies below `/vitrine` is not found, but only for those who may ask. */
export function unknownOperatorsRoutes(app: FastifyInstance): void {
  app.all('/vitrine', (request, reply) => refuse(request, reply));
  app.all('/vitrine/*', (request, reply) => refuse(request, reply));
}

/** Where the embedded identity service would be; clients that were pointed at it read that it is not there. */
export function noIdentityRoutes(app: FastifyInstance): void {
  const nothing = async () => {
    throw new DomainError('NotFound', 'This service has no identity service of its own.');
  };
  // Before any body is looked at.
  for (const url of ['/identity', '/identity/*']) app.all(url, { onRequest: nothing }, nothing);
}

function refuse(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (apiMethods.includes(request.method)) {
    throw new DomainError('NotFound', 'The resource could not be found.');
  }
  sendError(request, reply, 501, `The method ${request.method} is not implemented.`);
  return reply;
}

/** `/v2/images/` is not `/v2/images`, nor an image without an id. @throws DomainError `NotFound` */
export function refuseTrailingSlash(
  request: FastifyRequest,
  _reply: FastifyReply,
  done: () => void,
): void {
  if (request.url.split('?', 1)[0]?.endsWith('/')) {
    throw new DomainError('NotFound', 'The resource could not be found.');
  }
  done();
}
