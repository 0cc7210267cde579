import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Caller } from '../../domain/caller.ts';

/** What Keystone says of a valid token. */
export interface TokenMeaning {
  readonly caller: Caller;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

const Id = Type.String({ minLength: 1 });

const AccessRule = Type.Object({
  id: Type.String(),
  service: Type.String(),
  method: Type.String(),
  path: Type.String(),
});

const TokenDocument = Compile(
  Type.Object({
    token: Type.Object({
      expires_at: Type.String(),
      user: Type.Object({ id: Id }),
      // A domain that acts as a project lies in no domain.
      project: Type.Optional(
        Type.Object({ id: Id, domain: Type.Object({ id: Type.Union([Id, Type.Null()]) }) }),
      ),
      domain: Type.Optional(Type.Object({ id: Id })),
      system: Type.Optional(Type.Object({ all: Type.Literal(true) })),
      roles: Type.Optional(Type.Array(Type.Object({ name: Type.String() }))),
      application_credential: Type.Optional(
        Type.Object({ access_rules: Type.Optional(Type.Array(AccessRule)) }),
      ),
    }),
  }),
);

/**
 * Reads the body of `GET /v3/auth/tokens`; Keystone has added implied roles already.
 *
 * @throws Error when it is something else
 * @see Identity API v3, "Validate and show information for token"
 */
export function parseTokenDocument(json: unknown): TokenMeaning {
  const { token } = TokenDocument.Parse(json);
  const expiresAt = Date.parse(token.expires_at);
  if (Number.isNaN(expiresAt)) throw new TypeError('expires_at is no time.');
  const accessRules = token.application_credential?.access_rules;
  const caller: Caller = {
    userId: token.user.id,
    projectId: token.project?.id ?? null,
    projectDomainId: token.project?.domain.id ?? null,
    roles: new Set(token.roles?.map(({ name }) => name.toLowerCase())),
    scope: scopeOf(token),
    ...(accessRules && { accessRules }),
  };
  return { caller, expiresAt };
}

function scopeOf(token: { project?: unknown; domain?: unknown; system?: unknown }) {
  if (token.project) return 'project';
  if (token.domain) return 'domain';
  return token.system ? 'system' : 'unscoped';
}
