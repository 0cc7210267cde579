import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { AccessRule } from '../../domain/access-rule.ts';
import { DomainError } from '../../domain/errors.ts';
import type { CredentialDraft } from '../../service/identity/application-credentials.ts';
import { existing } from '../../service/identity/found.ts';
import type { EmbeddedIdentity } from '../../service/identity/open-identity.ts';
import { bodyReader } from './body.ts';
import { callerOf } from './caller.ts';
import { accessRuleDocument, credentialDocument, listDocument } from './documents.ts';
import { Name, NewSecret, Note } from './fields.ts';
import type { Links } from './links.ts';
import { pathText, queryText } from './query.ts';

const RuleFields = Type.Object(
  {
    service: Type.String({ minLength: 1, maxLength: 64 }),
    method: Type.Union(
      (['POST', 'GET', 'HEAD', 'PATCH', 'PUT', 'DELETE'] as const).map((name) =>
        Type.Literal(name),
      ),
    ),
    path: Type.String({ maxLength: 225, pattern: '^/' }),
  },
  { additionalProperties: false },
);
const KnownRule = Type.Object({ id: Name }, { additionalProperties: false });

const CredentialFields = Type.Object({
  name: Name,
  description: Type.Optional(Type.Union([Note, Type.Null()])),
  secret: Type.Optional(Type.Union([NewSecret, Type.Null()])),
  expires_at: Type.Optional(Type.Union([Type.String({ maxLength: 64 }), Type.Null()])),
  unrestricted: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  roles: Type.Optional(
    Type.Array(Type.Union([Type.Object({ id: Name }), Type.Object({ name: Name })]), {
      maxItems: 100,
    }),
  ),
  // An empty list would look like a credential that is good for nothing, and be one that is good for all.
  access_rules: Type.Optional(
    Type.Array(Type.Union([RuleFields, KnownRule]), { minItems: 1, maxItems: 100 }),
  ),
});
const NewCredential = Type.Object({ application_credential: CredentialFields });

/** Application credentials. @see Identity API v3, "Application Credentials" */
export function applicationCredentialRoutes(
  app: FastifyInstance,
  { credentials, tokens }: EmbeddedIdentity,
  links: Links,
): void {
  const readNew = bodyReader(NewCredential);
  const path = '/v3/users/:user/application_credentials';

  app.get(path, async (request) => {
    const caller = await callerOf(request, tokens);
    const v3 = links.v3(request);
    const user = pathText(request, 'user');
    const name = queryText(request, 'name');
    const found = (await credentials.list(caller, user)).filter(
      ({ credential }) => name === undefined || credential.name === name,
    );
    const documents = found.map((described) => credentialDocument(described, v3));
    const self = `${v3}/users/${user}/application_credentials`;
    return listDocument('application_credentials', documents, self);
  });

  app.get(`${path}/:id`, async (request) => {
    const caller = await callerOf(request, tokens);
    const { user, id } = { user: pathText(request, 'user'), id: pathText(request, 'id') };
    const found = await credentials.get(caller, user, id);
    return { application_credential: credentialDocument(found, links.v3(request)) };
  });

  app.post(path, async (request, reply) => {
    const caller = await callerOf(request, tokens);
    const draft = draftOf(readNew(request).application_credential);
    const { secret, ...made } = await credentials.create(caller, pathText(request, 'user'), draft);
    reply.code(201);
    const document = credentialDocument(made, links.v3(request));
    return { application_credential: { ...document, secret } };
  });

  app.delete(`${path}/:id`, async (request, reply) => {
    const caller = await callerOf(request, tokens);
    await credentials.delete(caller, pathText(request, 'user'), pathText(request, 'id'));
    return reply.code(204).send();
  });
}

/** What credentials are good for; the rules come and go with them. @see Identity API v3, "Access Rules" */
export function accessRuleRoutes(
  app: FastifyInstance,
  { credentials, tokens }: EmbeddedIdentity,
  links: Links,
): void {
  const path = '/v3/users/:user/access_rules';

  async function ruleIn(request: FastifyRequest): Promise<AccessRule> {
    const caller = await callerOf(request, tokens);
    const id = pathText(request, 'id');
    const rules = await credentials.listRules(caller, pathText(request, 'user'));
    return existing(
      rules.find((rule) => rule.id === id),
      `access rule ${id}`,
    );
  }

  app.get(path, async (request) => {
    const caller = await callerOf(request, tokens);
    const user = pathText(request, 'user');
    const base = `${links.v3(request)}/users/${user}/access_rules`;
    const rules = await credentials.listRules(caller, user);
    return listDocument(
      'access_rules',
      rules.map((rule) => accessRuleDocument(rule, base)),
      base,
    );
  });

  app.get(`${path}/:id`, async (request) => {
    const base = `${links.v3(request)}/users/${pathText(request, 'user')}/access_rules`;
    return { access_rule: accessRuleDocument(await ruleIn(request), base) };
  });

  app.delete(`${path}/:id`, async (request) => {
    const { id } = await ruleIn(request);
    const text = `An application credential has access rule ${id}; remove that first.`;
    throw new DomainError('NotPermitted', text);
  });
}

function draftOf(given: Static<typeof CredentialFields>): CredentialDraft {
  const { name, description = null, secret, expires_at, unrestricted, roles } = given;
  const { access_rules: accessRules } = given;
  return {
    name,
    description,
    secret: secret ?? undefined,
    expiresAt: expires_at == null ? null : timeOf(expires_at),
    unrestricted: unrestricted ?? false,
    roles: roles && roles.length > 0 ? roles : undefined,
    accessRules,
  };
}

/** Clients send the time with or without a zone; without one it is UTC, as everywhere in the API. */
function timeOf(text: string): Date {
  const zoned = /(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`;
  const time = new Date(zoned);
  if (/^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(time.getTime())) return time;
  throw new DomainError(
    'InvalidRequest',
    'application_credential.expires_at must be a time such as 2030-12-31T23:59:59.',
  );
}
