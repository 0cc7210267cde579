import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../domain/errors.ts';

const maxGivenLength = 64;

/** The id by which a request is found in logs: the caller's own, or a new one; always with `req-` before it. */
export function requestId(request: IncomingMessage): string {
  const given = request.headers['x-openstack-request-id'];
  if (typeof given !== 'string' || !/^[\x21-\x7e]+$/.test(given)) return `req-${randomUUID()}`;
  return given.startsWith('req-') ? given : `req-${given}`;
}

/**
 * A hook that says the request's id on its answer.
 *
 * @throws DomainError `HeaderTooLong` for a longer id than logs should hold; Glance means to answer so too
 */
export function nameRequest(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const given = request.headers['x-openstack-request-id'];
  if (given !== undefined && given.length > maxGivenLength) {
    throw new DomainError(
      'HeaderTooLong',
      `x-openstack-request-id: at most ${maxGivenLength} characters.`,
    );
  }
  reply.header('x-openstack-request-id', request.id);
  done();
}
