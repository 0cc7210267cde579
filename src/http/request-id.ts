import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Longer ids of callers are refused with 431, as Glance means to. */
export const maxRequestIdLength = 64;

/** The id by which a request is found in logs: the caller's own, or a new one; always with `req-` before it. */
export function requestId(request: IncomingMessage): string {
  const given = request.headers['x-openstack-request-id'];
  if (typeof given !== 'string' || !/^[\x21-\x7e]+$/.test(given)) return `req-${randomUUID()}`;
  return given.startsWith('req-') ? given : `req-${given}`;
}
