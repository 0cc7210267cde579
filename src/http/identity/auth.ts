import type { FastifyInstance } from 'fastify';
import { DomainError } from '../../domain/errors.ts';
import type { EmbeddedIdentity } from '../../service/identity/open-identity.ts';
import { callerOf } from './caller.ts';
import { domainDocument, listDocument, projectDocument } from './documents.ts';
import type { Links } from './links.ts';
import { catalogDocument } from './token-document.ts';

/** What a token opens, and where its user may go. @see Identity API v3, "Authentication and token management" */
export function authRoutes(app: FastifyInstance, identity: EmbeddedIdentity, links: Links): void {
  const { projects, tokens } = identity;

  app.get('/v3/auth/catalog', async (request) => {
    const { session } = await callerOf(request, tokens);
    if (session.scope.kind === 'unscoped') {
      throw new DomainError('NotPermitted', 'An unscoped token has no catalog.');
    }
    const v3 = links.v3(request);
    const catalog = catalogDocument(links.region, { identity: v3, image: links.root(request) });
    return listDocument('catalog', catalog, `${v3}/auth/catalog`);
  });

  app.get('/v3/auth/projects', async (request) => {
    const caller = await callerOf(request, tokens);
    const v3 = links.v3(request);
    const own = await projects.listOf(caller, caller.user.id, {});
    const documents = own.map((project) => projectDocument(project, v3));
    return listDocument('projects', documents, `${v3}/auth/projects`);
  });

  app.get('/v3/auth/domains', async (request) => {
    const caller = await callerOf(request, tokens);
    const v3 = links.v3(request);
    const own = await projects.listOwnDomains(caller);
    const documents = own.map((domain) => domainDocument(domain, v3));
    return listDocument('domains', documents, `${v3}/auth/domains`);
  });

  app.get('/v3/auth/system', async (request) => {
    const caller = await callerOf(request, tokens);
    const held = await identity.roles.listAssignments(caller, {
      userId: caller.user.id,
      target: { kind: 'system' },
      effective: false,
    });
    const system = held.length > 0 ? [{ all: true }] : [];
    return listDocument('system', system, `${links.v3(request)}/auth/system`);
  });
}
