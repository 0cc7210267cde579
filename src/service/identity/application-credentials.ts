import { randomBytes } from 'node:crypto';
import {
  deleteApplicationCredential,
  findApplicationCredential,
  insertApplicationCredential,
  listApplicationCredentials,
} from '../../database/application-credentials.ts';
import { listRoles } from '../../database/roles.ts';
import type { AccessRule } from '../../domain/access-rule.ts';
import { DomainError } from '../../domain/errors.ts';
import {
  demand,
  mayChangeCredentials,
  mayManage,
  maySeeUser,
} from '../../domain/identity-policy.ts';
import type { Role } from '../../domain/role.ts';
import type { Authorization } from '../../domain/session.ts';
import type { ApplicationCredential } from '../../domain/user.ts';
import type { Gate } from '../../identity/gate.ts';
import type { Passwords } from '../../identity/passwords.ts';
import { type IdentityContext, newId } from './context.ts';
import { checkNameFree, existing } from './found.ts';

/** What a user wants of a new application credential. */
export interface CredentialDraft {
  readonly name: string;
  readonly description: string | null;
  /** Made at random when left out. */
  readonly secret: string | undefined;
  readonly expiresAt: Date | null;
  readonly unrestricted: boolean;
  /** By id or name; left out, every role of the token that asks. */
  readonly roles: readonly ({ readonly id: string } | { readonly name: string })[] | undefined;
  /** Undefined for a credential that is good for every request. */
  readonly accessRules: readonly WantedRule[] | undefined;
}

/** A rule anew, or the id of one that another credential of the user has. */
export type WantedRule = Omit<AccessRule, 'id'> | Pick<AccessRule, 'id'>;

/** A credential with the roles that it was given. */
export interface DescribedCredential {
  readonly credential: ApplicationCredential;
  readonly roles: readonly Role[];
}

/** Rights to act as a user in one project without its password; each user makes its own. */
export interface ApplicationCredentials {
  /** @throws DomainError `NotPermitted` `NotFound` */
  get(caller: Authorization, userId: string, id: string): Promise<DescribedCredential>;
  /** @throws DomainError `NotPermitted` */
  list(caller: Authorization, userId: string): Promise<DescribedCredential[]>;
  /**
   * The credential with its secret, which is known this once.
   *
   * @throws DomainError `NotPermitted`, also for one too many; `NameTaken`; `InvalidRequest` without a
   *   project, for a role that the caller does not hold, or for an expiry in the past; `NotFound` for an
   *   access rule that the user does not have.
   */
  create(
    caller: Authorization,
    userId: string,
    draft: CredentialDraft,
  ): Promise<DescribedCredential & { readonly secret: string }>;
  /** Its tokens stop working at once. @throws DomainError `NotPermitted` `NotFound` */
  delete(caller: Authorization, userId: string, id: string): Promise<void>;
  /** Every rule of the user's credentials, once. @throws DomainError `NotPermitted` */
  listRules(caller: Authorization, userId: string): Promise<AccessRule[]>;
}

export interface ApplicationCredentialsOptions {
  readonly context: IdentityContext;
  readonly passwords: Passwords;
  readonly gate: Gate;
  /** Credentials that one user may have; negative for no limit. */
  readonly limit: number;
}

/** Application credentials of the embedded identity service. */
export function openApplicationCredentials({
  context,
  passwords,
  gate,
  limit,
}: ApplicationCredentialsOptions): ApplicationCredentials {
  const db = context.database.read;
  const othersRefusal = 'Only an admin may see the application credentials of others.';
  const changeRefusal =
    'A user makes and removes its own application credentials, and not by a restricted one.';

  async function describe(credential: ApplicationCredential): Promise<DescribedCredential> {
    const roles = await listRoles(db);
    return { credential, roles: roles.filter((role) => credential.roleIds.has(role.id)) };
  }

  async function get(caller: Authorization, userId: string, id: string) {
    demand(maySeeUser(caller, userId), othersRefusal);
    const credential = await findApplicationCredential(db, id);
    const own = credential?.userId === userId ? credential : undefined;
    return await describe(existing(own, `application credential ${id}`));
  }

  return {
    get,

    async list(caller, userId) {
      demand(maySeeUser(caller, userId), othersRefusal);
      return await Promise.all((await listApplicationCredentials(db, userId)).map(describe));
    },

    async create(caller, userId, draft) {
      demand(mayChangeCredentials(caller, userId), changeRefusal);
      const blank = newCredential(caller, draft, context.now());
      const secret = draft.secret ?? randomBytes(32).toString('base64url');
      const secretHash = await gate.run(() => passwords.hash(secret));
      const credential = await context.change(async (tx) => {
        const all = await listApplicationCredentials(tx, userId);
        const holders = all.filter((other) => other.name === blank.name);
        checkNameFree(holders, blank, 'application credential');
        const full = limit >= 0 && all.length >= limit;
        demand(!full, `A user may have ${limit} application credentials; remove one first.`);
        const accessRules = draft.accessRules ? rulesFor(draft.accessRules, rulesOf(all)) : null;
        const made = { ...blank, accessRules };
        await insertApplicationCredential(tx, made, secretHash);
        return made;
      });
      return { ...(await describe(credential)), secret };
    },

    async delete(caller, userId, id) {
      const byAdmin = mayManage(caller) && caller.user.id !== userId;
      demand(byAdmin || mayChangeCredentials(caller, userId), changeRefusal);
      await get(caller, userId, id);
      await context.change((tx) => deleteApplicationCredential(tx, id));
    },

    async listRules(caller, userId) {
      demand(maySeeUser(caller, userId), othersRefusal);
      return rulesOf(await listApplicationCredentials(db, userId));
    },
  };
}

function newCredential(
  caller: Authorization,
  draft: CredentialDraft,
  now: number,
): ApplicationCredential {
  if (!caller.project) {
    throw new DomainError('InvalidRequest', 'Ask with a token for the project that it is for.');
  }
  if (draft.expiresAt && !(draft.expiresAt.getTime() > now)) {
    throw new DomainError('InvalidRequest', 'expires_at must be a time in the future.');
  }
  const roles = draft.roles?.map((wanted) => heldRole(caller, wanted)) ?? caller.roles;
  return {
    id: newId(),
    userId: caller.user.id,
    projectId: caller.project.project.id,
    name: draft.name,
    description: draft.description,
    unrestricted: draft.unrestricted,
    expiresAt: draft.expiresAt,
    roleIds: new Set(roles.map((role) => role.id)),
    accessRules: null,
  };
}

function rulesOf(credentials: readonly ApplicationCredential[]): AccessRule[] {
  const all = credentials.flatMap(({ accessRules }) => accessRules ?? []);
  return [...new Map(all.map((rule) => [rule.id, rule])).values()];
}

/** A rule that the user has already keeps its id, as with Keystone. */
function rulesFor(wanted: readonly WantedRule[], known: readonly AccessRule[]): AccessRule[] {
  return wanted.map((rule) => {
    if ('id' in rule) {
      const named = known.find(({ id }) => id === rule.id);
      return existing(named, `access rule ${rule.id}`);
    }
    const { service, method, path } = rule;
    const same = known.find(
      (one) => one.service === service && one.method === method && one.path === path,
    );
    return same ?? { id: newId(), service, method, path };
  });
}

function heldRole(
  { roles }: Authorization,
  wanted: { readonly id: string } | { readonly name: string },
): Role {
  const held = roles.find((role) =>
    'id' in wanted ? role.id === wanted.id : role.name === wanted.name,
  );
  if (held) return held;
  throw new DomainError('InvalidRequest', 'roles may name only roles that the token has.');
}
