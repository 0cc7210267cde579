import {
  findApplicationCredential,
  findSecretHash,
  listApplicationCredentials,
} from '../../database/application-credentials.ts';
import type { Connection } from '../../database/database.ts';
import type { NamedReference } from '../../domain/project.ts';
import type { LoginMethod, Session } from '../../domain/session.ts';
import type { ApplicationCredential, User } from '../../domain/user.ts';
import type { CheckPassword } from './password-checks.ts';
import { resolveUser } from './references.ts';
import { type CheckSecret, wrongSecret } from './secret-checks.ts';
import type { Tokens } from './tokens.ts';

/** How the caller proves who it is. */
export type LoginProof =
  | { readonly method: 'password'; readonly user: NamedReference; readonly password: string }
  | { readonly method: 'token'; readonly token: string }
  | {
      readonly method: 'application_credential';
      readonly credential: CredentialReference;
      readonly secret: string;
    };

/** Names an application credential by id, or by name among those of a user. */
export type CredentialReference =
  | { readonly id: string }
  | { readonly name: string; readonly user: NamedReference };

/** Someone who has proved who it is. */
export interface Proved {
  readonly user: User;
  readonly methods: readonly LoginMethod[];
  /** The token that was the proof. */
  readonly parent?: Session;
  readonly credential?: ApplicationCredential;
}

export interface ProofOptions {
  readonly db: Connection;
  readonly tokens: Tokens;
  readonly checkSecret: CheckSecret;
  readonly checkPassword: CheckPassword;
}

/** Who a proof from the network address `address` proves to be there. */
export type Prove = (proof: LoginProof, address: string) => Promise<Proved>;

/** Checks of proofs; a wrong one is `NotAuthenticated`, too many are `TooManyRequests`. */
export function loginProofs(options: ProofOptions): Prove {
  const { db, tokens, checkSecret, checkPassword } = options;

  async function byPassword(
    reference: NamedReference,
    secret: string,
    address: string,
  ): Promise<Proved> {
    const user = await checkPassword({
      user: await resolveUser(db, reference),
      password: secret,
      who: { user: typed(reference), address },
    });
    return { user, methods: ['password'] };
  }

  async function byCredential(
    reference: CredentialReference,
    secret: string,
    address: string,
  ): Promise<Proved> {
    const credential = await findCredential(db, reference);
    const findStored = async () => credential && (await findSecretHash(db, credential.id));
    const name = 'id' in reference ? reference.id : `${typed(reference.user)} ${reference.name}`;
    await checkSecret({ secret, findStored, who: { user: `credential ${name}`, address } });
    const user = credential && (await resolveUser(db, { id: credential.userId }));
    if (!user) throw wrongSecret();
    return { user, credential, methods: ['application_credential'] };
  }

  async function byToken(token: string): Promise<Proved> {
    const { user, session, credential } = await tokens.authorize(token);
    const methods = [...new Set<LoginMethod>([...session.methods, 'token'])];
    return { user, methods, parent: session, ...(credential && { credential }) };
  }

  return async (proof, address) => {
    switch (proof.method) {
      case 'password':
        return await byPassword(proof.user, proof.password, address);
      case 'application_credential':
        return await byCredential(proof.credential, proof.secret, address);
      case 'token':
        return await byToken(proof.token);
    }
  };
}

async function findCredential(db: Connection, reference: CredentialReference) {
  if ('id' in reference) return await findApplicationCredential(db, reference.id);
  const user = await resolveUser(db, reference.user);
  const all = user ? await listApplicationCredentials(db, user.id) : [];
  return all.find((credential) => credential.name === reference.name);
}

/** What failures are counted under: the name in the form in which it was typed. */
function typed(reference: NamedReference): string {
  if ('id' in reference) return `id ${reference.id}`;
  const { name, domain } = reference;
  return `name ${name} in ${'id' in domain ? `id ${domain.id}` : domain.name}`;
}
