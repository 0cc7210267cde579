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

/** Whether a request names itself longer than logs should hold. */
export function isNamedTooLong({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
  const given = headers['x-openstack-request-id'];
  return given !== undefined && given.length > maxGivenLength;
}

/**
 * A hook that says the request's id on its answer.
 *
 * @throws DomainError `HeaderTooLong` for a longer id than logs should hold; Glance means to answer so too
 */
export function nameRequest(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  if (isNamedTooLong(request)) {
    throw new DomainError(
      'HeaderTooLong',
      `x-openstack-request-id: at most ${maxGivenLength} characters.`,
    );
  }
  reply.header('x-openstack-request-id', request.id);
  done();
}
