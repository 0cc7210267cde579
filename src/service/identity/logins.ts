import type { Connection } from '../../database/database.ts';
import { DomainError } from '../../domain/errors.ts';
import type { DomainReference, NamedReference } from '../../domain/project.ts';
import type { TokenScope } from '../../domain/session.ts';
import type { User } from '../../domain/user.ts';
import { type LoginProof, loginProofs, type Proved } from './login-proofs.ts';
import type { CheckPassword } from './password-checks.ts';
import { resolveDomain, resolveProject } from './references.ts';
import type { CheckSecret } from './secret-checks.ts';
import type { IssuedToken, SessionDraft, Tokens } from './tokens.ts';

/** What the token shall be for. */
export type ScopeRequest =
  | { readonly kind: 'project'; readonly project: NamedReference }
  | { readonly kind: 'domain'; readonly domain: DomainReference }
  | { readonly kind: 'system' }
  | { readonly kind: 'unscoped' };

export interface LoginRequest {
  readonly proof: LoginProof;
  /** Undefined leaves it to the user's default project. */
  readonly scope: ScopeRequest | undefined;
  /** The network address that asks. */
  readonly address: string;
}

/** Exchanges proofs of identity for tokens. */
export interface Logins {
  /**
   * @throws DomainError `NotAuthenticated` for a wrong proof or a scope without a role,
   *   `TooManyRequests` (RetryLaterError, with the time to wait) after too many failures.
   */
  login(request: LoginRequest): Promise<IssuedToken>;
}

export interface LoginsOptions {
  readonly db: Connection;
  readonly tokens: Tokens;
  readonly checkSecret: CheckSecret;
  readonly checkPassword: CheckPassword;
}

/** Logins by password, token and application credential. */
export function openLogins(options: LoginsOptions): Logins {
  const { db, tokens } = options;
  const prove = loginProofs(options);

  /** A token for the user's default project, or for none. */
  async function issueHome(
    { defaultProjectId }: User,
    draft: Omit<SessionDraft, 'scope'>,
  ): Promise<IssuedToken> {
    const unscoped = { ...draft, scope: { kind: 'unscoped' } } as const;
    if (defaultProjectId === null) return await tokens.issue(unscoped);
    const home = { kind: 'project', projectId: defaultProjectId } as const;
    try {
      return await tokens.issue({ ...draft, scope: home });
    } catch (cause) {
      // As Keystone: a default project where the user has no role (any more) is passed over.
      if (cause instanceof DomainError) return await tokens.issue(unscoped);
      throw cause;
    }
  }

  return {
    async login({ proof, scope: asked, address }) {
      const proved = await prove(proof, address);
      const { user, credential } = proved;
      const draft = {
        userId: user.id,
        methods: proved.methods,
        tokenGeneration: user.tokenGeneration,
        credentialId: credential?.id ?? null,
        parent: proved.parent,
        notAfter: credential?.expiresAt,
      };
      const scope = scopeFor(proved, asked && (await resolveScope(db, asked)));
      return scope ? await tokens.issue({ ...draft, scope }) : await issueHome(user, draft);
    },
  };
}

/** An application credential is for its one project, whatever is asked. */
function scopeFor({ credential }: Proved, asked: TokenScope | undefined): TokenScope | undefined {
  if (!credential) return asked;
  const { projectId } = credential;
  if (asked && !(asked.kind === 'project' && asked.projectId === projectId)) {
    const text = 'An application credential is for its own project; ask without a scope.';
    throw new DomainError('NotAuthenticated', text);
  }
  return { kind: 'project', projectId };
}

async function resolveScope(db: Connection, request: ScopeRequest): Promise<TokenScope> {
  if (request.kind === 'domain') {
    const domain = await resolveDomain(db, request.domain);
    if (!domain) throw noRole();
    return { kind: 'domain', domainId: domain.id };
  }
  if (request.kind === 'project') {
    const project = await resolveProject(db, request.project);
    if (!project) throw noRole();
    return { kind: 'project', projectId: project.id };
  }
  return request;
}

function noRole(): DomainError {
  const text = 'The user has no role there, or there is no such place.';
  return new DomainError('NotAuthenticated', text);
}
