import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import type { EmbeddedIdentity } from '../../service/identity/open-identity.ts';
import { bodyReader } from './body.ts';
import { callerOf } from './caller.ts';
import { listDocument, projectDocument, userDocument } from './documents.ts';
import { Name, NewSecret, Note } from './fields.ts';
import type { Links } from './links.ts';
import { pathText, queryFlag, queryText } from './query.ts';

const UserFields = Type.Object({
  name: Type.Optional(Name),
  domain_id: Type.Optional(Name),
  description: Type.Optional(Type.Union([Note, Type.Null()])),
  email: Type.Optional(Type.Union([Note, Type.Null()])),
  enabled: Type.Optional(Type.Boolean()),
  default_project_id: Type.Optional(Type.Union([Name, Type.Null()])),
  password: Type.Optional(Type.Union([NewSecret, Type.Null()])),
});
const NewUser = Type.Object({ user: Type.Object({ ...UserFields.properties, name: Name }) });
const ChangedUser = Type.Object({ user: UserFields });

/** Users. @see Identity API v3, "Users" */
export function userRoutes(app: FastifyInstance, identity: EmbeddedIdentity, links: Links): void {
  const { users, tokens } = identity;
  const readNew = bodyReader(NewUser);
  const readChanged = bodyReader(ChangedUser);

  app.get('/v3/users', async (request) => {
    const caller = await callerOf(request, tokens);
    const v3 = links.v3(request);
    const found = await users.list(caller, {
      name: queryText(request, 'name'),
      domainId: queryText(request, 'domain_id'),
      enabled: queryFlag(request, 'enabled'),
    });
    const documents = found.map((user) => userDocument(user, v3));
    return listDocument('users', documents, `${v3}/users`);
  });

  app.get('/v3/users/:id', async (request) => {
    const caller = await callerOf(request, tokens);
    const user = await users.get(caller, pathText(request, 'id'));
    return { user: userDocument(user, links.v3(request)) };
  });

  app.post('/v3/users', async (request, reply) => {
    const caller = await callerOf(request, tokens);
    const { user } = readNew(request);
    const created = await users.create(caller, { ...draftOf(user), name: user.name });
    reply.code(201);
    return { user: userDocument(created, links.v3(request)) };
  });

  app.patch('/v3/users/:id', async (request) => {
    const caller = await callerOf(request, tokens);
    const { user } = readChanged(request);
    const changed = await users.update(caller, pathText(request, 'id'), draftOf(user));
    return { user: userDocument(changed, links.v3(request)) };
  });

  app.delete('/v3/users/:id', async (request, reply) => {
    const caller = await callerOf(request, tokens);
    await users.delete(caller, pathText(request, 'id'));
    return reply.code(204).send();
  });
}

const PasswordChange = Type.Object({
  user: Type.Object({ password: NewSecret, original_password: Type.String({ maxLength: 4096 }) }),
});

/** What users do for themselves. @see Identity API v3, "Change password for user", "List projects for user" */
export function ownUserRoutes(
  app: FastifyInstance,
  { users, projects, tokens }: EmbeddedIdentity,
  links: Links,
): void {
  const readPassword = bodyReader(PasswordChange);

  app.post('/v3/users/:id/password', async (request, reply) => {
    const { password, original_password } = readPassword(request).user;
    const change = { password, original: original_password, address: request.ip };
    await users.changePassword(pathText(request, 'id'), change);
    return reply.code(204).send();
  });

  app.get('/v3/users/:id/projects', async (request) => {
    const caller = await callerOf(request, tokens);
    const id = pathText(request, 'id');
    const v3 = links.v3(request);
    const found = await projects.listOf(caller, id, { name: queryText(request, 'name') });
    const documents = found.map((project) => projectDocument(project, v3));
    return listDocument('projects', documents, `${v3}/users/${id}/projects`);
  });
}

function draftOf(user: Static<typeof UserFields>) {
  const { name, description, email, enabled, password } = user;
  return {
    name,
    description,
    email,
    enabled,
    password,
    domainId: user.domain_id,
    defaultProjectId: user.default_project_id,
  };
}
