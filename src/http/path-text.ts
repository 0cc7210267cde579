import type { FastifyReply, FastifyRequest } from 'fastify';
import { checkCharacters } from '../api/json-body.ts';

/**
 * A hook: nothing that a path can name has characters of four bytes, ids no more than tags.
 *
 * @throws DomainError `InvalidRequest`
 * @see Images API v2; Glance's database
 */
export function refuseRareCharacters(
  { params }: FastifyRequest,
  _reply: FastifyReply,
  done: (error?: Error) => void,
): void {
  for (const text of Object.values(params as Readonly<Record<string, string>>)) {
    checkCharacters(text, 'The path');
  }
  done();
}
