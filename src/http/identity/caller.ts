import type { FastifyRequest } from 'fastify';
import { isWithinRules } from '../../domain/access-rule.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Authorization } from '../../domain/session.ts';
import type { Tokens } from '../../service/identity/tokens.ts';

/**
 * Who makes the request, by its `X-Auth-Token`.
 *
 * @throws DomainError `NotAuthenticated` without a valid token, or where its access rules forbid the request.
 */
export async function callerOf(request: FastifyRequest, tokens: Tokens): Promise<Authorization> {
  const authorization = await tokens.authorize(tokenIn(request, 'x-auth-token'));
  const path = request.url.slice(request.server.prefix.length).split('?', 1)[0] ?? '';
  const { method } = request;
  // As Keystone: a token may be asked about itself, and given up, whatever its rules say.
  const isFree = path === '/v3/auth/tokens';
  if (isFree || isWithinRules(authorization.caller, { service: 'identity', method, path })) {
    return authorization;
  }
  throw new DomainError(
    'NotAuthenticated',
    `The application credential has no access rule for this request (identity, ${method} ${path}).`,
  );
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
