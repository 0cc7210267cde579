import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../domain/errors.ts';
import { RetryLaterError } from '../domain/retry-later.ts';
import { errorBody } from './error-body.ts';
import { httpStatus } from './errors.ts';
import { sendJsonText } from './reply.ts';

/** Turns whatever a request threw into its answer; only what nobody expected is logged. */
export function errorHandler(
  error: FastifyError | DomainError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  if (error instanceof DomainError) {
    const status = httpStatus[error.code];
    const isLater = error instanceof RetryLaterError;
    if (isLater) reply.header('retry-after', String(error.retryAfter));
    // A service that is busy is well, and the database tells of itself.
    if (status >= 500 && (!isLater || error.code === 'StoreUnavailable'))
      logFailure(error, request);
    sendError(request, reply, status, error.message);
    return;
  }
  const status = error.statusCode ?? 500;
  if (status >= 400 && status < 500) {
    sendError(request, reply, status, frameworkMessages[error.code] ?? error.message);
    return;
  }
  request.log.error({ err: error, requestId: request.id }, 'A request failed.');
  sendError(request, reply, 500, 'The server has met an error it did not expect.');
}

/** While Keystone is away its client says so, once for all the requests that are refused meanwhile. */
function logFailure(error: DomainError, { id, log }: FastifyRequest): void {
  const level = error.code === 'IdentityUnavailable' ? 'debug' : 'error';
  log[level]({ err: error, requestId: id }, error.message);
}

/** The framework's refusals in words for the caller. */
const frameworkMessages: Readonly<Record<string, string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'The body is larger than this call takes.',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'Content-Length: does not match the size of the body.',
  FST_ERR_BAD_URL: 'The path is not valid: percent-encoded UTF-8 is wanted.',
};

/** Answers with an error in the form that the caller reads; one write for head and body. */
export function sendError(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  message: string,
): void {
  const { contentType, text } = errorBody(status, message, request.headers.accept);
  if (contentType === 'application/json') void sendJsonText(reply, status, text);
  else void reply.code(status).header('content-type', contentType).send(text);
}
