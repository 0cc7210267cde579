import type { FastifyRequest } from 'fastify';
import { DomainError } from '../../domain/errors.ts';
import type { Authorization } from '../../domain/session.ts';
import type { Tokens } from '../../service/identity/tokens.ts';

/**
 * Who makes the request, by its `X-Auth-Token`.
 *
 * @throws DomainError `NotAuthenticated` without a valid token.
 */
export async function callerOf(request: FastifyRequest, tokens: Tokens): Promise<Authorization> {
  return await tokens.authorize(tokenIn(request, 'x-auth-token'));
}

/**
 * The token in a header.
 *
 * @throws DomainError `NotAuthenticated` when there is none.
 */
export function tokenIn(
  request: FastifyRequest,
  header: 'x-auth-token' | 'x-subject-token',
): string {
  const token = request.headers[header];
  if (typeof token === 'string' && token !== '') return token;
  throw new DomainError('NotAuthenticated', `The request needs a token in ${header}.`);
}
