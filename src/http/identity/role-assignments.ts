import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { RoleTarget } from '../../domain/role.ts';
import { notFound } from '../../service/identity/found.ts';
import type { EmbeddedIdentity } from '../../service/identity/open-identity.ts';
import { callerOf } from './caller.ts';
import { assignmentDocument, listDocument, roleDocument } from './documents.ts';
import { getAndHead } from './get-and-head.ts';
import type { Links } from './links.ts';
import { isAsked, pathText, queryText } from './query.ts';

/** What roles are given on, by the path that names it. */
const places: Readonly<Record<string, (request: FastifyRequest) => RoleTarget>> = {
  '/v3/projects/:place': (request) => ({
    kind: 'project',
    projectId: pathText(request, 'place'),
  }),
  '/v3/domains/:place': (request) => ({ kind: 'domain', domainId: pathText(request, 'place') }),
  '/v3/system': () => ({ kind: 'system' }),
};

/** Giving roles, taking them and seeing who holds them. @see Identity API v3, "Roles", "System role assignments" */
export function roleAssignmentRoutes(
  app: FastifyInstance,
  identity: EmbeddedIdentity,
  links: Links,
): void {
  for (const [path, targetOf] of Object.entries(places)) {
    placeRoutes(app, identity, { links, path, targetOf });
  }

  app.get('/v3/role_assignments', async (request) => {
    const caller = await callerOf(request, identity.tokens);
    const v3 = links.v3(request);
    const found = await identity.roles.listAssignments(caller, {
      userId: queryText(request, 'user.id'),
      roleId: queryText(request, 'role.id'),
      target: targetIn(request),
      effective: isAsked(request, 'effective'),
    });
    const names = isAsked(request, 'include_names');
    const documents = found.map((assignment) => assignmentDocument(assignment, { v3, names }));
    return listDocument('role_assignments', documents, `${v3}/role_assignments`);
  });
}

interface Place {
  readonly links: Links;
  readonly path: string;
  readonly targetOf: (request: FastifyRequest) => RoleTarget;
}

function placeRoutes(
  app: FastifyInstance,
  { roles, tokens }: EmbeddedIdentity,
  { links, path, targetOf }: Place,
): void {
  const list = `${path}/users/:user/roles`;
  const one = `${list}/:role`;

  function assignmentIn(request: FastifyRequest) {
    const [userId, roleId] = [pathText(request, 'user'), pathText(request, 'role')];
    return { userId, roleId, target: targetOf(request) };
  }

  async function held(request: FastifyRequest, roleId?: string) {
    const caller = await callerOf(request, tokens);
    const { userId, target } = assignmentIn(request);
    return await roles.listAssignments(caller, { userId, target, roleId, effective: false });
  }

  app.get(list, async (request) => {
    const v3 = links.v3(request);
    const documents = (await held(request)).map(({ role }) => roleDocument(role, v3));
    return listDocument('roles', documents, `${links.root(request)}${request.url}`);
  });

  getAndHead(app, one, async (request, reply) => {
    const found = await held(request, pathText(request, 'role'));
    if (found.length === 0) throw notFound('such assignment');
    return reply.code(204).send();
  });

  app.put(one, async (request, reply) => {
    await roles.give(await callerOf(request, tokens), assignmentIn(request));
    return reply.code(204).send();
  });

  app.delete(one, async (request, reply) => {
    await roles.take(await callerOf(request, tokens), assignmentIn(request));
    return reply.code(204).send();
  });
}

function targetIn(request: FastifyRequest): RoleTarget | undefined {
  const projectId = queryText(request, 'scope.project.id');
  if (projectId !== undefined) return { kind: 'project', projectId };
  const domainId = queryText(request, 'scope.domain.id');
  if (domainId !== undefined) return { kind: 'domain', domainId };
  return queryText(request, 'scope.system') === undefined ? undefined : { kind: 'system' };
}
