import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { EmbeddedIdentity } from '../../service/identity/open-identity.ts';
import { bodyReader } from './body.ts';
import { callerOf } from './caller.ts';
import { listDocument, roleDocument } from './documents.ts';
import { Name, Note } from './fields.ts';
import type { Links } from './links.ts';
import { pathText, queryText } from './query.ts';

const NewRole = Type.Object({
  role: Type.Object({
    name: Name,
    description: Type.Optional(Type.Union([Note, Type.Null()])),
  }),
});

const ChangedRole = Type.Object({
  role: Type.Object({
    name: Type.Optional(Name),
    description: Type.Optional(Type.Union([Note, Type.Null()])),
  }),
});

/** Roles. @see Identity API v3, "Roles" */
export function roleRoutes(
  app: FastifyInstance,
  { roles, tokens }: EmbeddedIdentity,
  links: Links,
): void {
  const readNew = bodyReader(NewRole);
  const readChanged = bodyReader(ChangedRole);

  app.get('/v3/roles', async (request) => {
    const caller = await callerOf(request, tokens);
    const v3 = links.v3(request);
    const name = queryText(request, 'name');
    // No role belongs to a domain.
    const wanted = queryText(request, 'domain_id') === undefined;
    const found = (await roles.list(caller)).filter(
      (role) => wanted && (name === undefined || role.name === name),
    );
    const documents = found.map((role) => roleDocument(role, v3));
    return listDocument('roles', documents, `${v3}/roles`);
  });

  app.get('/v3/roles/:id', async (request) => {
    const caller = await callerOf(request, tokens);
    const role = await roles.get(caller, pathText(request, 'id'));
    return { role: roleDocument(role, links.v3(request)) };
  });

  app.post('/v3/roles', async (request, reply) => {
    const caller = await callerOf(request, tokens);
    const { name, description = null } = readNew(request).role;
    const role = await roles.create(caller, name, description);
    reply.code(201);
    return { role: roleDocument(role, links.v3(request)) };
  });

  app.patch('/v3/roles/:id', async (request) => {
    const caller = await callerOf(request, tokens);
    const { name, description } = readChanged(request).role;
    const role = await roles.update(caller, pathText(request, 'id'), { name, description });
    return { role: roleDocument(role, links.v3(request)) };
  });

  app.delete('/v3/roles/:id', async (request, reply) => {
    const caller = await callerOf(request, tokens);
    await roles.delete(caller, pathText(request, 'id'));
    return reply.code(204).send();
  });
}
