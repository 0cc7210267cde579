import { decodeProtectedHeader } from 'jose/decode/protected_header';
import { SignJWT } from 'jose/jwt/sign';
import { jwtVerify } from 'jose/jwt/verify';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/schema';
import { DomainError } from '../domain/errors.ts';
import type { Session, TokenScope } from '../domain/session.ts';

/** A secret to sign with and the name by which a token refers to it. */
export interface TokenKey {
  readonly id: string;
  /** 256 bits, base64url. */
  readonly secret: string;
}

/** The keys of tokens, which change in time. */
export interface TokenKeys {
  /** The one to sign with now. */
  current(): Promise<TokenKey>;
  /** The one of that id; undefined when there is none, or none any more. */
  find(id: string): Promise<TokenKey | undefined>;
}

/** Turns sessions into tokens and back. */
export interface TokenSigner {
  sign(session: Session): Promise<string>;
  /**
   * The session in a token that one of the keys signed.
   *
   * @param grace Milliseconds by which the token may have expired.
   * @throws DomainError `NotAuthenticated` for a token that is malformed, expired or of another key.
   */
  verify(token: string, grace?: number): Promise<Session>;
}

export interface TokenSignerOptions {
  readonly keys: TokenKeys;
  readonly now: () => number;
}

const algorithm = 'HS256';

/** Longer text is no token of ours; refusing it early keeps rubbish cheap. */
const maxTokenLength = 4096;

/** Signs tokens as JSON Web Signatures (RFC 7515, compact form) that name their key. */
export function tokenSigner({ keys, now }: TokenSignerOptions): TokenSigner {
  /** Outside of what is taken for a wrong token: a database that cannot be asked says nothing of the token. */
  async function secretFor(token: string): Promise<Buffer> {
    const key = await keys.find(keyIdIn(token));
    if (!key) throw invalidToken(new Error('The token is of another key.'));
    return Buffer.from(key.secret, 'base64url');
  }

  return {
    async sign(session) {
      const { id, secret } = await keys.current();
      return await new SignJWT(claimsOf(session))
        .setProtectedHeader({ alg: algorithm, kid: id, typ: 'JWT' })
        .sign(Buffer.from(secret, 'base64url'));
    },

    async verify(token, grace = 0) {
      if (token.length > maxTokenLength) throw invalidToken();
      const secret = await secretFor(token);
      try {
        const { payload } = await jwtVerify(token, secret, {
          algorithms: [algorithm],
          currentDate: new Date(now() - grace),
        });
        return sessionOf(claims.Parse(payload));
      } catch (cause) {
        throw invalidToken(cause);
      }
    },
  };
}

/** The key id in a token's head. @throws DomainError `NotAuthenticated` when there is none */
function keyIdIn(token: string): string {
  try {
    return decodeProtectedHeader(token).kid ?? '';
  } catch (cause) {
    throw invalidToken(cause);
  }
}

const Claims = Type.Object({
  sub: Type.String(),
  iat: Type.Number(),
  exp: Type.Number(),
  audit: Type.Array(Type.String()),
  methods: Type.Array(
    Type.Union([
      Type.Literal('password'),
      Type.Literal('token'),
      Type.Literal('application_credential'),
    ]),
  ),
  generation: Type.Number(),
  project: Type.Optional(Type.String()),
  domain: Type.Optional(Type.String()),
  system: Type.Optional(Type.Literal(true)),
  credential: Type.Optional(Type.String()),
});

const claims = Compile(Claims);

function claimsOf(session: Session): Static<typeof Claims> {
  const { scope, credentialId } = session;
  return {
    sub: session.userId,
    iat: session.issuedAt.getTime() / 1000,
    exp: session.expiresAt.getTime() / 1000,
    audit: [...session.auditIds],
    methods: [...session.methods],
    generation: session.tokenGeneration,
    ...(scope.kind === 'project' && { project: scope.projectId }),
    ...(scope.kind === 'domain' && { domain: scope.domainId }),
    ...(scope.kind === 'system' && { system: true as const }),
    ...(credentialId !== null && { credential: credentialId }),
  };
}

function sessionOf(claim: Static<typeof Claims>): Session {
  return {
    userId: claim.sub,
    scope: scopeOf(claim),
    methods: claim.methods,
    auditIds: claim.audit,
    issuedAt: new Date(claim.iat * 1000),
    expiresAt: new Date(claim.exp * 1000),
    tokenGeneration: claim.generation,
    credentialId: claim.credential ?? null,
  };
}

function scopeOf({ project, domain, system }: Static<typeof Claims>): TokenScope {
  if (project !== undefined) return { kind: 'project', projectId: project };
  if (domain !== undefined) return { kind: 'domain', domainId: domain };
  return { kind: system ? 'system' : 'unscoped' };
}

function invalidToken(cause?: unknown): DomainError {
  const text = 'The token is not valid, or no longer. Ask the identity service for a new one.';
  return new DomainError('NotAuthenticated', text, { cause });
}
