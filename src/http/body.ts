import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../domain/errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route reads its body itself, as it comes. */
    streamsBody?: boolean;
  }
}

/**
 * Reads every body as bytes, whatever its content type: JSON calls of the Images API do not look at it.
 *
 * @see Images API v2; `curl -d` sends a form's type
 */
export function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', forgetUnreadableType);
}

const mediaType = /^\s*[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(?:;|$)/;

/** The framework refuses a type that it cannot read, also for calls that look at none. */
function forgetUnreadableType(
  { raw }: FastifyRequest,
  _reply: FastifyReply,
  done: () => void,
): void {
  const type = raw.headers['content-type'];
  if (type !== undefined && !mediaType.test(type)) delete raw.headers['content-type'];
  done();
}

const bodyMethods: readonly string[] = ['POST', 'PUT', 'PATCH'];

/**
 * Refuses a body where none is wanted; of unknown length only with methods that usually have one.
 *
 * @throws DomainError `BodyNotWanted`
 * @see WebOb, `is_body_readable`
 */
export function refuseBody(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  const { headers, method } = request;
  const isChunked = headers['transfer-encoding'] !== undefined;
  if (isChunked ? bodyMethods.includes(method) : hasBody(request)) {
    throw new DomainError('BodyNotWanted', 'The request has a body; none is wanted here.');
  }
  done();
}

/** Whether a request says that a body follows. */
export function hasBody({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
  return Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined;
}

/**
 * Gives up bodies that have not arrived in time, whoever sends them: a sender that dribbles must not
 * hold a connection for ever. Uploads take the time they take.
 *
 * @param maxTime ms
 */
export function limitBodyTime(app: FastifyInstance, maxTime: number): void {
  app.addHook('preParsing', (request, reply, payload, done) => {
    done(null, payload);
    if (request.routeOptions.config.streamsBody || !hasBody(request)) return;
    const timer = setTimeout(() => {
      reply.header('connection', 'close');
      reply.raw.once('finish', () => request.raw.destroy());
      const text = `The body did not arrive within ${maxTime / 1000} seconds.`;
      void reply.send(new DomainError('RequestTimeout', text));
    }, maxTime);
    request.raw.once('end', () => clearTimeout(timer));
    // A body that is refused may never end, but its answer does.
    reply.raw.once('close', () => clearTimeout(timer));
  });
}

/** The bytes of the request's body, as `readBodies` left them. */
export function bodyOf(request: FastifyRequest): Uint8Array | undefined {
  return request.body instanceof Uint8Array ? request.body : undefined;
}
