import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import type { Identity } from '../identity/identity.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the authentication hook, before any handler of the Images API runs. */
    caller: Caller;
  }
}

/** Longer tokens are nobody's; it bounds what is hashed and verified. */
const maxTokenLength = 4096;

/**
 * A hook that admits requests with a valid token and knows their caller from then on.
 *
 * @param identityUrl where clients find the identity service, for `WWW-Authenticate`
 */
export function authentication(
  identity: Identity,
  identityUrl: (request: FastifyRequest) => string,
) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const token = request.headers['x-auth-token'];
    try {
      request.caller = await authenticate(identity, token);
    } catch (error) {
      if (error instanceof DomainError && error.code === 'NotAuthenticated') {
        reply.removeHeader('x-openstack-request-id');
        reply.header('www-authenticate', `Keystone uri="${identityUrl(request)}"`);
      }
      throw error;
    }
    if (request.caller.scope === 'system' || request.caller.scope === 'domain') {
      throw new DomainError(
        'NotPermitted',
        `A ${request.caller.scope}-scoped token opens no image; scope the token to a project.`,
      );
    }
  };
}

function authenticate(
  identity: Identity,
  token: string | readonly string[] | undefined,
): Caller | Promise<Caller> {
  if (typeof token !== 'string' || token === '' || token.length > maxTokenLength) {
    throw new DomainError('NotAuthenticated', 'The request you have made requires authentication.');
  }
  return identity.authenticate(token);
}
