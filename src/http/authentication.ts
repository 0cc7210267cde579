import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import { isWithinRules } from '../domain/access-rule.ts';
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
): onRequestHookHandler {
  function refuse(request: FastifyRequest, reply: FastifyReply, error: unknown): Error {
    if (error instanceof DomainError && error.code === 'NotAuthenticated') {
      reply.removeHeader('x-openstack-request-id');
      reply.header('www-authenticate', `Keystone uri="${identityUrl(request)}"`);
    }
    return error as Error;
  }

  return (request, reply, done) => {
    const admit = (caller: Caller) => {
      request.caller = caller;
      const forbidden = outsideRules(request);
      done(forbidden ? refuse(request, reply, forbidden) : wrongScope(caller));
    };
    const turnAway = (error: unknown) => done(refuse(request, reply, error));
    let caller: Caller | Promise<Caller>;
    try {
      caller = authenticate(identity, request);
    } catch (error) {
      turnAway(error);
      return;
    }
    // A token seen lately costs no promise.
    if (caller instanceof Promise) caller.then(admit, turnAway);
    else admit(caller);
  };
}

function wrongScope({ scope }: Caller): DomainError | undefined {
  if (scope !== 'system' && scope !== 'domain') return undefined;
  return new DomainError(
    'NotPermitted',
    `A ${scope}-scoped token opens no image; scope the token to a project.`,
  );
}

function authenticate(identity: Identity, { headers }: FastifyRequest): Caller | Promise<Caller> {
  const token = tokenOf(headers);
  if (token !== undefined) return identity.authenticate(token);
  const own = headers['x-auth-token'];
  const serviceToken = headers['x-service-token'];
  if (!isToken(own) || !isToken(serviceToken)) throw notAuthenticated();
  return identity.authenticate(own, serviceToken);
}

/** The token of whoever calls for itself; undefined where there is none, or where a service calls for its user. */
export function tokenOf(headers: IncomingHttpHeaders): string | undefined {
  const token = headers['x-auth-token'];
  return isToken(token) && !headers['x-service-token'] ? token : undefined;
}

/** With Keystone's middleware, what a service sends on for its user is not the user's own request. */
function outsideRules({ caller, method, url, headers }: FastifyRequest): DomainError | undefined {
  if (!caller.accessRules || headers['x-service-token']) return undefined;
  const path = url.split('?', 1)[0] ?? '';
  if (isWithinRules(caller, { service: 'image', method, path })) return undefined;
  return new DomainError(
    'NotAuthenticated',
    `The application credential has no access rule for this request (image, ${method} ${path}).`,
  );
}

function isToken(header: string | readonly string[] | undefined): header is string {
  return typeof header === 'string' && header !== '' && header.length <= maxTokenLength;
}

function notAuthenticated(): DomainError {
  return new DomainError('NotAuthenticated', 'The request you have made requires authentication.');
}
