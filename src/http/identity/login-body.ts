import { type Static, Type } from 'typebox';
import { DomainError } from '../../domain/errors.ts';
import type { DomainReference, NamedReference } from '../../domain/project.ts';
import type { LoginProof } from '../../service/identity/login-proofs.ts';
import type { ScopeRequest } from '../../service/identity/logins.ts';

const Text = Type.String({ minLength: 1, maxLength: 255 });
const Secret = Type.String({ maxLength: 4096 });
const DomainBody = Type.Object({ id: Type.Optional(Text), name: Type.Optional(Text) });
const NamedBody = Type.Object({
  id: Type.Optional(Text),
  name: Type.Optional(Text),
  domain: Type.Optional(DomainBody),
});
const UserBody = Type.Object({ ...NamedBody.properties });

/** What `POST /v3/auth/tokens` takes. @see Identity API v3, "Authentication and token management" */
export const LoginBody = Type.Object({
  auth: Type.Object({
    identity: Type.Object({
      methods: Type.Array(Type.String(), { minItems: 1 }),
      password: Type.Optional(
        Type.Object({ user: Type.Object({ ...UserBody.properties, password: Secret }) }),
      ),
      token: Type.Optional(Type.Object({ id: Secret })),
      application_credential: Type.Optional(
        Type.Object({
          id: Type.Optional(Text),
          name: Type.Optional(Text),
          user: Type.Optional(UserBody),
          secret: Secret,
        }),
      ),
    }),
    scope: Type.Optional(
      Type.Union([
        Type.Literal('unscoped'),
        Type.Object({
          project: Type.Optional(NamedBody),
          domain: Type.Optional(DomainBody),
          system: Type.Optional(Type.Object({ all: Type.Literal(true) })),
          unscoped: Type.Optional(Type.Object({})),
        }),
      ]),
    ),
  }),
});

type Auth = Static<typeof LoginBody>['auth'];

/**
 * The proof that a body offers.
 *
 * @throws DomainError `InvalidRequest` when it names no known method, several, or too little.
 */
export function proofIn({ identity }: Auth): LoginProof {
  const [method = '', ...others] = identity.methods;
  if (others.length > 0) throw invalid('auth.identity.methods must name one method only.');
  switch (method) {
    case 'password': {
      const { user } = identity.password ?? missing('auth.identity.password');
      return {
        method,
        user: namedIn(user, `auth.identity.${method}.user`),
        password: user.password,
      };
    }
    case 'token':
      return { method, token: (identity.token ?? missing('auth.identity.token')).id };
    case 'application_credential': {
      const given = identity.application_credential ?? missing(`auth.identity.${method}`);
      return { method, credential: credentialIn(given), secret: given.secret };
    }
    default: {
      const known = 'password, token or application_credential';
      throw invalid(`auth.identity.methods must name ${known}.`);
    }
  }
}

/**
 * The scope that a body asks for, if any.
 *
 * @throws DomainError `InvalidRequest` when it asks for several or names none.
 */
export function scopeIn({ scope }: Auth): ScopeRequest | undefined {
  if (scope === undefined) return undefined;
  if (scope === 'unscoped') return { kind: 'unscoped' };
  const { project, domain, system, unscoped } = scope;
  const asked = [project, domain, system, unscoped].filter((one) => one !== undefined);
  if (asked.length > 1) throw invalid('auth.scope must name one thing only.');
  if (project) return { kind: 'project', project: namedIn(project, 'auth.scope.project') };
  if (domain) return { kind: 'domain', domain: domainIn(domain, 'auth.scope.domain') };
  if (system) return { kind: 'system' };
  if (unscoped) return { kind: 'unscoped' };
  throw invalid('auth.scope must name a project, a domain, system or unscoped.');
}

function credentialIn(given: NonNullable<Auth['identity']['application_credential']>) {
  if (given.id !== undefined) return { id: given.id };
  const path = 'auth.identity.application_credential';
  if (given.name === undefined || given.user === undefined) {
    throw invalid(`${path} needs an id, or a name and a user.`);
  }
  return { name: given.name, user: namedIn(given.user, `${path}.user`) };
}

function namedIn(given: Static<typeof NamedBody>, path: string): NamedReference {
  if (given.id !== undefined) return { id: given.id };
  if (given.name === undefined || given.domain === undefined) {
    throw invalid(`${path} needs an id, or a name and a domain.`);
  }
  return { name: given.name, domain: domainIn(given.domain, `${path}.domain`) };
}

function domainIn(given: Static<typeof DomainBody>, path: string): DomainReference {
  if (given.id !== undefined) return { id: given.id };
  if (given.name !== undefined) return { name: given.name };
  throw invalid(`${path} needs an id or a name.`);
}

function missing(path: string): never {
  throw invalid(`${path} is missing, though its method is named.`);
}

function invalid(message: string): DomainError {
  return new DomainError('InvalidRequest', message);
}
