import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../../domain/errors.ts';
import { mayRevokeToken, maySeeToken } from '../../domain/identity-policy.ts';
import type { Authorization } from '../../domain/session.ts';
import type { EmbeddedIdentity } from '../../service/identity/open-identity.ts';
import { bodyReader } from './body.ts';
import { callerOf, tokenIn } from './caller.ts';
import { getAndHead } from './get-and-head.ts';
import type { Links } from './links.ts';
import { LoginBody, proofIn, scopeIn } from './login-body.ts';
import { isAsked } from './query.ts';
import { catalogDocument, tokenDocument } from './token-document.ts';

/** Getting, checking and revoking tokens. @see Identity API v3, "Authentication and token management" */
export function tokenRoutes(app: FastifyInstance, identity: EmbeddedIdentity, links: Links): void {
  const { logins, tokens } = identity;
  const readLogin = bodyReader(LoginBody);

  /** The token that a request is about. */
  async function subjectOf(request: FastifyRequest, { may, expired }: Wanted) {
    const caller = await callerOf(request, tokens);
    const token = tokenIn(request, 'x-subject-token');
    const subject = await found(expired ? tokens.authorizeExpired(token) : tokens.authorize(token));
    if (!may(caller, subject)) {
      throw new DomainError('NotPermitted', 'This token is of another user.');
    }
    return { token, subject };
  }

  function send(request: FastifyRequest, reply: FastifyReply, issued: Sent) {
    const wanted = !isAsked(request, 'nocatalog');
    const urls = { identity: links.v3(request), image: links.root(request) };
    reply.header('x-subject-token', issued.token).header('vary', 'X-Auth-Token');
    return tokenDocument(issued.authorization, {
      catalog: wanted ? catalogDocument(links.region, urls) : undefined,
    });
  }

  app.post('/v3/auth/tokens', async (request, reply) => {
    const { auth } = readLogin(request);
    const issued = await logins.login({
      proof: proofIn(auth),
      scope: scopeIn(auth),
      address: request.ip,
    });
    reply.code(201);
    return send(request, reply, issued);
  });

  getAndHead(app, '/v3/auth/tokens', async (request, reply) => {
    const { token, subject } = await subjectOf(request, {
      may: maySeeToken,
      expired: isAsked(request, 'allow_expired'),
    });
    if (subject.caller.accessRules && !knowsAccessRules(request)) {
      throw new DomainError(
        'NotFound',
        'Only a service that knows access rules is told of this token.',
      );
    }
    return send(request, reply, { token, authorization: subject });
  });

  app.delete('/v3/auth/tokens', async (request, reply) => {
    const { subject } = await subjectOf(request, { may: mayRevokeToken, expired: false });
    await tokens.revoke(subject.session);
    return reply.code(204).send();
  });
}

/** A service that does not know them would take the token for one that opens everything. @see Keystone, `OpenStack-Identity-Access-Rules` */
function knowsAccessRules({ headers }: FastifyRequest): boolean {
  return Number(headers['openstack-identity-access-rules']) >= 1;
}

interface Wanted {
  readonly may: (caller: Authorization, subject: Authorization) => boolean;
  readonly expired: boolean;
}

interface Sent {
  readonly token: string;
  readonly authorization: Authorization;
}

/** A subject token that means nothing is not found; only the caller's own makes the request unauthorized. */
async function found(subject: Authorization | Promise<Authorization>): Promise<Authorization> {
  try {
    return await subject;
  } catch (cause) {
    if (!(cause instanceof DomainError) || cause.code !== 'NotAuthenticated') throw cause;
    const text = 'The subject token is unknown, revoked or expired.';
    throw new DomainError('NotFound', text, { cause });
  }
}
