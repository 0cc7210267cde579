import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../domain/errors.ts';

/** Sends a document with the content type that Glance gives: JSON, without a charset. */
export function sendJson(reply: FastifyReply, status: number, document: unknown): FastifyReply {
  return sendJsonText(reply, status, JSON.stringify(document));
}

/** Sends text that is JSON already. */
export function sendJsonText(reply: FastifyReply, status: number, text: string): FastifyReply {
  // Only a serializer of its own keeps the framework from adding a charset.
  return reply
    .code(status)
    .header('content-type', 'application/json')
    .serializer(asItIs)
    .send(text);
}

function asItIs(text: unknown): string {
  return text as string;
}

/**
 * The service's own root as the client reaches it, without a slash at its end.
 *
 * @param publicEndpoint what the operator says; else what the request itself tells
 */
export function baseUrl(request: FastifyRequest, publicEndpoint: string | undefined): string {
  return publicEndpoint ?? `${request.protocol}://${request.host}`;
}

/**
 * The query string, repeated parameters and their order kept.
 *
 * @throws DomainError `InvalidRequest` when it is not percent-encoded UTF-8.
 */
export function queryOf(request: FastifyRequest): URLSearchParams {
  const url = request.raw.url ?? '';
  const start = url.indexOf('?');
  const text = start < 0 ? '' : url.slice(start + 1);
  if (text.includes('%')) {
    try {
      decodeURIComponent(text);
    } catch (cause) {
      throw new DomainError('InvalidRequest', 'The query is not percent-encoded UTF-8.', { cause });
    }
  }
  return new URLSearchParams(text);
}
