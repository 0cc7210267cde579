import { hash, randomBytes } from 'node:crypto';
import { deleteSpentRevocations, insertRevocation } from '../../database/revocations.ts';
import type { Caller } from '../../domain/caller.ts';
import type { Authorization, Session } from '../../domain/session.ts';
import { expiredWindow } from '../../domain/signing-key.ts';
import type { Identity } from '../../identity/identity.ts';
import { checkWithService } from '../../identity/service-token.ts';
import type { TokenSigner } from '../../identity/tokens.ts';
import { findAuthorization } from './authorizations.ts';
import type { IdentityContext } from './context.ts';

/** A token, and what it means now. */
export interface IssuedToken {
  readonly token: string;
  readonly authorization: Authorization;
}

/** What a new token is to say; the rest follows from the moment. */
export interface SessionDraft
  extends Pick<Session, 'userId' | 'scope' | 'methods' | 'tokenGeneration' | 'credentialId'> {
  /** The token that this one is made from: it hands on its expiry and its audit id. */
  readonly parent?: Session | undefined;
  /** The new token does not outlive this. */
  readonly notAfter?: Date | null | undefined;
}

/** Issues, checks and revokes tokens. */
export interface Tokens extends Identity {
  /** @throws DomainError `NotAuthenticated` when the user has no role at the scope. */
  issue(draft: SessionDraft): Promise<IssuedToken>;
  /**
   * What `token` means now; at once when it was seen lately and nothing has changed since.
   *
   * @throws DomainError `NotAuthenticated` for a token that is malformed, expired, revoked or of another key.
   */
  authorize(token: string): Authorization | Promise<Authorization>;
  /** As `authorize`, but a token that expired in the last two days will do. */
  authorizeExpired(token: string): Promise<Authorization>;
  revoke(session: Session): Promise<void>;
}

export interface TokensOptions {
  readonly context: IdentityContext;
  readonly signer: TokenSigner;
  /** Life of a token, ms. */
  readonly lifetime: number;
}

/** Bounds the memory for tokens seen lately: some 2 KiB each. */
const maxRemembered = 5_000;

/** Tokens of the embedded identity service. */
export function openTokens({ context, signer, lifetime }: TokensOptions): Tokens {
  const { database, now, version } = context;
  const remembered = new Map<string, Authorization>();
  let rememberedVersion = version();

  function recall(key: string): Authorization | undefined {
    if (rememberedVersion !== version()) {
      remembered.clear();
      rememberedVersion = version();
    }
    const known = remembered.get(key);
    if (!known || known.session.expiresAt.getTime() > now()) return known;
    remembered.delete(key);
    return undefined;
  }

  async function lookUp(token: string, key: string): Promise<Authorization> {
    const before = version();
    const session = await signer.verify(token);
    const authorization = await findAuthorization(database.read, session, now());
    // A change while this was being read: the answer may be the old one and must not stay.
    if (before !== version() || rememberedVersion !== before) return authorization;
    const [oldest] = remembered.keys();
    if (remembered.size >= maxRemembered && oldest !== undefined) remembered.delete(oldest);
    remembered.set(key, authorization);
    return authorization;
  }

  function authorize(token: string): Authorization | Promise<Authorization> {
    const key = keyOf(token);
    return recall(key) ?? lookUp(token, key);
  }

  async function authorizeExpired(token: string): Promise<Authorization> {
    const session = await signer.verify(token, expiredWindow);
    return await findAuthorization(database.read, session, now());
  }

  function check(token: string): Caller | Promise<Caller> {
    const known = authorize(token);
    return known instanceof Promise ? known.then(({ caller }) => caller) : known.caller;
  }

  const checkExpired = async (token: string) => (await authorizeExpired(token)).caller;

  return {
    authorize,

    recall: (token) => recall(keyOf(token))?.caller,

    authenticate(token, serviceToken) {
      if (serviceToken === undefined) return check(token);
      return checkWithService({ check, checkExpired }, token, serviceToken);
    },

    authorizeExpired,

    async issue({ parent, notAfter, ...draft }) {
      const session = newSession(draft, { parent, notAfter, now: now(), lifetime });
      const authorization = await findAuthorization(database.read, session, now());
      return { token: await signer.sign(session), authorization };
    },

    async revoke(session) {
      const [auditId = ''] = session.auditIds;
      await context.change(async (db) => {
        await deleteSpentRevocations(db, new Date(now() - expiredWindow));
        await insertRevocation(db, auditId, session.expiresAt);
      });
    },
  };
}

/** What a token is remembered by: the memory of the process holds no usable one. */
function keyOf(token: string): string {
  return hash('sha256', token, 'base64url');
}

interface Moment extends Pick<SessionDraft, 'parent' | 'notAfter'> {
  readonly now: number;
  readonly lifetime: number;
}

function newSession(
  draft: Omit<SessionDraft, 'parent' | 'notAfter'>,
  { parent, notAfter, now, lifetime }: Moment,
): Session {
  const end = parent?.expiresAt.getTime() ?? now + lifetime;
  const expiresAt = wholeSecond(Math.min(end, notAfter?.getTime() ?? end));
  const [parentAuditId] = parent?.auditIds ?? [];
  const auditId = randomBytes(16).toString('base64url');
  return {
    ...draft,
    auditIds: parentAuditId === undefined ? [auditId] : [auditId, parentAuditId],
    issuedAt: wholeSecond(now),
    expiresAt,
  };
}

/** JSON Web Tokens count in seconds, and their expiry is compared in whole ones. */
function wholeSecond(time: number): Date {
  return new Date(Math.floor(time / 1000) * 1000);
}
