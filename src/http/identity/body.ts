import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/schema';
import { DomainError } from '../../domain/errors.ts';

/** Bytes; the largest body that any call of the identity service needs is far smaller. */
const bodyLimit = 65_536;

/** Reads every body as JSON whatever its content type says; clients send any or none. */
export function parseJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string', bodyLimit }, (_request, body, done) => {
    if (body === '') {
      done(null, undefined);
      return;
    }
    try {
      done(null, JSON.parse(String(body)));
    } catch (cause) {
      const text = 'The body is not JSON. Send a JSON object as the Identity API v3 describes it.';
      done(new DomainError('InvalidRequest', text, { cause }));
    }
  });
}

/**
 * A reader of bodies of one shape.
 *
 * The reader throws DomainError `InvalidRequest`, naming the field and what it must be; values are
 * never repeated, since any of them may be a secret.
 */
export function bodyReader<T extends TSchema>(schema: T): (request: FastifyRequest) => Static<T> {
  const validator = Compile(schema);
  return ({ body }) => {
    if (validator.Check(body)) return body;
    const [error] = validator.Errors(body)[1];
    const field = (error?.instancePath ?? '').slice(1).replaceAll('/', '.') || 'The body';
    throw new DomainError('InvalidRequest', `${field} ${error?.message ?? 'is not valid'}.`);
  };
}
