import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { EmbeddedIdentity } from '../../service/identity/open-identity.ts';
import { bodyReader } from './body.ts';
import { callerOf } from './caller.ts';
import { domainDocument, listDocument, projectDocument } from './documents.ts';
import { Name, Note } from './fields.ts';
import type { Links } from './links.ts';
import { pathText, queryFlag, queryText } from './query.ts';

const fields = {
  domain_id: Type.Optional(Name),
  description: Type.Optional(Type.Union([Note, Type.Null()])),
  enabled: Type.Optional(Type.Boolean()),
};
const NewProject = Type.Object({ project: Type.Object({ name: Name, ...fields }) });
const ChangedProject = Type.Object({
  project: Type.Object({ name: Type.Optional(Name), ...fields }),
});

/** Projects. @see Identity API v3, "Projects" */
export function projectRoutes(
  app: FastifyInstance,
  { projects, tokens }: EmbeddedIdentity,
  links: Links,
): void {
  const readNew = bodyReader(NewProject);
  const readChanged = bodyReader(ChangedProject);

  app.get('/v3/projects', async (request) => {
    const caller = await callerOf(request, tokens);
    const v3 = links.v3(request);
    const found = await projects.list(caller, {
      name: queryText(request, 'name'),
      domainId: queryText(request, 'domain_id'),
      enabled: queryFlag(request, 'enabled'),
    });
    const documents = found.map((project) => projectDocument(project, v3));
    return listDocument('projects', documents, `${v3}/projects`);
  });

  app.get('/v3/projects/:id', async (request) => {
    const caller = await callerOf(request, tokens);
    const project = await projects.get(caller, pathText(request, 'id'));
    return { project: projectDocument(project, links.v3(request)) };
  });

  app.post('/v3/projects', async (request, reply) => {
    const caller = await callerOf(request, tokens);
    const { project } = readNew(request);
    const created = await projects.create(caller, { ...draftOf(project), name: project.name });
    reply.code(201);
    return { project: projectDocument(created, links.v3(request)) };
  });

  app.patch('/v3/projects/:id', async (request) => {
    const caller = await callerOf(request, tokens);
    const { project } = readChanged(request);
    const changed = await projects.update(caller, pathText(request, 'id'), draftOf(project));
    return { project: projectDocument(changed, links.v3(request)) };
  });

  app.delete('/v3/projects/:id', async (request, reply) => {
    const caller = await callerOf(request, tokens);
    await projects.delete(caller, pathText(request, 'id'));
    return reply.code(204).send();
  });
}

/** Domains, of which there is one. @see Identity API v3, "Domains" */
export function domainRoutes(
  app: FastifyInstance,
  { projects, tokens }: EmbeddedIdentity,
  links: Links,
): void {
  app.get('/v3/domains', async (request) => {
    await callerOf(request, tokens);
    const v3 = links.v3(request);
    const name = queryText(request, 'name');
    const enabled = queryFlag(request, 'enabled');
    const found = (await projects.listDomains())
      .filter((domain) => name === undefined || domain.name === name)
      .filter((domain) => enabled === undefined || domain.enabled === enabled);
    const documents = found.map((domain) => domainDocument(domain, v3));
    return listDocument('domains', documents, `${v3}/domains`);
  });

  app.get('/v3/domains/:id', async (request) => {
    await callerOf(request, tokens);
    const domain = await projects.getDomain(pathText(request, 'id'));
    return { domain: domainDocument(domain, links.v3(request)) };
  });
}

interface ProjectFields {
  readonly name?: string;
  readonly domain_id?: string;
  readonly description?: string | null;
  readonly enabled?: boolean;
}

function draftOf({ name, domain_id, description, enabled }: ProjectFields) {
  return { name, domainId: domain_id, description: description ?? undefined, enabled };
}
