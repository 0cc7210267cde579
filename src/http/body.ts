import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../domain/errors.ts';
import { sendError } from './error-handler.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route reads its body itself, as it comes. */
    streamsBody?: boolean;
  }
}

/** JSON bodies of the Images API are small; bytes. */
export const maxJsonBody = 1024 * 1024;

/**
 * Reads every body as bytes, whatever its content type: JSON calls of the Images API do not look at it.
 *
 * @param maxTime after which a body that has not arrived is given up, ms
 * @see Images API v2; `curl -d` sends a form's type
 */
export function readBodies(app: FastifyInstance, maxTime: number): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', forgetUnreadableType);
  app.addHook('preParsing', limitBodyTime(maxTime));
}

const mediaType = /^\s*[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(?:;|$)/;

/** The framework refuses a type that it cannot read, also for calls that look at none. */
async function forgetUnreadableType({ raw }: FastifyRequest): Promise<void> {
  const type = raw.headers['content-type'];
  if (type !== undefined && !mediaType.test(type)) delete raw.headers['content-type'];
}

/** Refuses a body where none is wanted. @throws DomainError `BodyNotWanted` */
export async function refuseBody(request: FastifyRequest): Promise<void> {
  if (hasBody(request)) {
    throw new DomainError('BodyNotWanted', 'The request has a body; none is wanted here.');
  }
}

/** Whether a request says that a body follows. */
export function hasBody({ headers }: FastifyRequest): boolean {
  return Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined;
}

/** A sender that dribbles must not hold a connection for ever; uploads take the time they take. */
function limitBodyTime(maxTime: number) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (request.routeOptions.config.streamsBody || !hasBody(request)) return;
    const timer = setTimeout(() => {
      reply.header('connection', 'close');
      reply.raw.once('finish', () => request.raw.destroy());
      sendError(request, reply, 408, `The body did not arrive within ${maxTime / 1000} seconds.`);
    }, maxTime);
    request.raw.once('end', () => clearTimeout(timer));
    // A body that is refused may never end, but its answer does.
    reply.raw.once('close', () => clearTimeout(timer));
  };
}

/** The bytes of the request's body, as `readBodies` left them. */
export function bodyOf(request: FastifyRequest): Uint8Array | undefined {
  return request.body instanceof Uint8Array ? request.body : undefined;
}
