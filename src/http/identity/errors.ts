import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { DomainError, type ErrorCode } from '../../domain/errors.ts';
import { RetryLaterError } from '../../domain/retry-later.ts';
import { STATUS_CODES } from '../node-http.ts';

/** The statuses of the refusals that the identity service gives; it has no others. */
const statuses: Partial<Readonly<Record<ErrorCode, number>>> = {
  InvalidRequest: 400,
  NotAuthenticated: 401,
  NotPermitted: 403,
  NotFound: 404,
  RequestTimeout: 408,
  NameTaken: 409,
  TooManyRequests: 429,
  ServiceBusy: 503,
};

/** A service that is busy is well, and says so itself. */
const httpBusy = 503;

/** Seconds after which to try again when nobody knows better. */
const shortWait = 1;

/** An error in Keystone's form. @see Identity API v3, "HTTP status codes" and error documents */
export function errorDocument(code: number, message: string) {
  return { error: { code, title: STATUS_CODES[code] ?? 'Error', message } };
}

/** Turns what a route throws into Keystone's error document; what nobody foresaw is logged and kept private. */
export function identityErrorHandler(authUrl: (request: FastifyRequest) => string) {
  return (error: FastifyError | DomainError, request: FastifyRequest, reply: FastifyReply) => {
    const status = statusOf(error);
    if (error instanceof RetryLaterError) reply.header('retry-after', String(error.retryAfter));
    else if (status === 429) reply.header('retry-after', String(shortWait));
    if (status >= 500 && status !== httpBusy) {
      request.log.error(
        { err: error, requestId: request.id },
        'A request to the identity service failed.',
      );
      return reply.code(status).send(errorDocument(status, 'An unexpected error occurred.'));
    }
    if (status === 401) reply.header('www-authenticate', `Keystone uri="${authUrl(request)}"`);
    return reply.code(status).send(errorDocument(status, error.message));
  };
}

function statusOf(error: FastifyError | DomainError): number {
  if (error instanceof DomainError) return statuses[error.code] ?? 500;
  return error.statusCode ?? 500;
}
