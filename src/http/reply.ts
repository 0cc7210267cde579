import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../domain/errors.ts';

/** Sends a document with the content type that Glance gives: JSON, without a charset. */
export function sendJson(reply: FastifyReply, status: number, document: unknown): FastifyReply {
  return sendJsonText(reply, status, JSON.stringify(document));
}

/** Sends text that is JSON already. */
export function sendJsonText(reply: FastifyReply, status: number, text: string): FastifyReply {
  const typed = reply.code(status).header('content-type', 'application/json');
  // Only a serializer of its own keeps the framework from adding a charset to text.
  return text.length < longText
    ? typed.serializer(asItIs).send(text)
    : typed.send(Buffer.from(text));
}

/**
 * From how many characters on a text is sent as bytes. A socket writes a string of up to 16 KiB in one
 * go, head and body together; a longer one it encodes on its own, slower than a buffer is made here.
 */
const longText = 16 * 1024;

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
      // Something is done with it: a bundler takes a call without use for one without effect, and leaves it out.
      if (decodeURIComponent(text) === '') return new URLSearchParams();
    } catch (cause) {
      throw new DomainError('InvalidRequest', 'The query is not percent-encoded UTF-8.', { cause });
    }
  }
  return new URLSearchParams(text);
}
