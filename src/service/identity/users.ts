import type { Connection } from '../../database/database.ts';
import { findDomain, findProject } from '../../database/projects.ts';
import {
  deleteUser,
  findUser,
  insertUser,
  listUsers,
  type UserFilter,
  updateFailedLogins,
  updatePasswordHash,
  updateUser,
} from '../../database/users.ts';
import { DomainError } from '../../domain/errors.ts';
import { demand, mayManage, maySeeUser } from '../../domain/identity-policy.ts';
import { defaultDomainId } from '../../domain/project.ts';
import type { Authorization } from '../../domain/session.ts';
import type { User } from '../../domain/user.ts';
import type { Gate } from '../../identity/gate.ts';
import type { Passwords } from '../../identity/passwords.ts';
import { type IdentityContext, newId } from './context.ts';
import { checkNameFree, existing } from './found.ts';
import { checkAdminLeft } from './last-admin.ts';
import type { CheckPassword } from './password-checks.ts';
import { wrongSecret } from './secret-checks.ts';

/** What a caller says of a user; what is left out stays, or takes its default. */
export interface UserDraft {
  readonly name?: string | undefined;
  readonly domainId?: string | undefined;
  readonly description?: string | null | undefined;
  readonly email?: string | null | undefined;
  readonly enabled?: boolean | undefined;
  readonly defaultProjectId?: string | null | undefined;
  readonly password?: string | null | undefined;
}

/** A user's own change of its password. */
export interface PasswordChange {
  readonly original: string;
  readonly password: string;
  /** The network address that asks. */
  readonly address: string;
}

/** Users, managed by admins; each sees itself and changes its own password. */
export interface Users {
  /** @throws DomainError `NotPermitted` `NotFound` */
  get(caller: Authorization, id: string): Promise<User>;
  /** @throws DomainError `NotPermitted` */
  list(caller: Authorization, filter: UserFilter): Promise<User[]>;
  /** @throws DomainError `NotPermitted` `NameTaken` `NotFound` (domain, default project) */
  create(caller: Authorization, draft: UserDraft & { readonly name: string }): Promise<User>;
  /** A new password, or disabling, voids the user's tokens at once. @throws DomainError as `create` */
  update(caller: Authorization, id: string, draft: UserDraft): Promise<User>;
  /** @throws DomainError `NotPermitted` `NotFound` */
  delete(caller: Authorization, id: string): Promise<void>;
  /**
   * Whoever knows the password may change it, as with Keystone, which asks for no token; the user's tokens
   * end at once.
   *
   * @throws DomainError `NotAuthenticated` (wrong original, or no such user), `TooManyRequests`;
   *   `InvalidRequest` for a password that is too short, or the same
   */
  changePassword(id: string, change: PasswordChange): Promise<void>;
}

export interface UsersOptions {
  readonly context: IdentityContext;
  readonly checkPassword: CheckPassword;
  readonly passwords: Passwords;
  readonly gate: Gate;
  /** Characters that a new password must have at least. */
  readonly minPasswordLength: number;
}

/** Users of the embedded identity service. */
export function openUsers(options: UsersOptions): Users {
  const { context, checkPassword, passwords, gate, minPasswordLength } = options;
  const db = context.database.read;
  const adminOnly = 'Only an admin may manage users.';

  async function hashOf(password: string | null | undefined): Promise<string | null> {
    if (password == null) return null;
    checkLength(password, minPasswordLength);
    return await gate.run(() => passwords.hash(password));
  }

  return {
    async get(caller, id) {
      demand(maySeeUser(caller, id), 'Only an admin may see other users.');
      return existing(await findUser(db, id), `user ${id}`);
    },

    async list(caller, filter) {
      if (mayManage(caller)) return await listUsers(db, filter);
      demand(filter.name === caller.user.name, 'Only an admin may list users.');
      const users = await listUsers(db, filter);
      return users.filter((user) => user.id === caller.user.id);
    },

    async create(caller, draft) {
      demand(mayManage(caller), adminOnly);
      const passwordHash = await hashOf(draft.password);
      return await context.change(async (tx) => {
        const user = changed(newUser(draft), draft);
        await checkUser(tx, user);
        await insertUser(tx, user, passwordHash);
        return user;
      });
    },

    async update(caller, id, draft) {
      demand(mayManage(caller), adminOnly);
      const passwordHash = await hashOf(draft.password);
      return await context.change(async (tx) => {
        const user = changed(existing(await findUser(tx, id), `user ${id}`), draft);
        await checkUser(tx, user);
        await updateUser(tx, user);
        if (passwordHash !== null) await updatePasswordHash(tx, id, passwordHash);
        // As Keystone: to enable a user, even one that is enabled, ends its lock-out.
        if (draft.enabled || passwordHash !== null) {
          await updateFailedLogins(tx, id, { count: 0, lastAt: null });
        }
        if (!user.enabled) await checkAdminLeft(tx);
        return user;
      });
    },

    async delete(caller, id) {
      demand(mayManage(caller), adminOnly);
      await context.change(async (tx) => {
        existing(await findUser(tx, id), `user ${id}`);
        await deleteUser(tx, id);
        await checkAdminLeft(tx);
      });
    },

    async changePassword(id, { original, password, address }) {
      const found = await findUser(db, id);
      const who = { user: `id ${id}`, address };
      const { tokenGeneration } = await checkPassword({ user: found, password: original, who });
      checkLength(password, minPasswordLength);
      if (password.normalize('NFC') === original.normalize('NFC')) {
        throw new DomainError('InvalidRequest', 'password must be another one than before.');
      }
      const passwordHash = await gate.run(() => passwords.hash(password));
      await context.change(async (tx) => {
        const user = await findUser(tx, id);
        // The original was right for this generation only: it may have been changed meanwhile.
        if (user?.tokenGeneration !== tokenGeneration) throw wrongSecret();
        await updateUser(tx, changed(user, { password }));
        await updatePasswordHash(tx, id, passwordHash);
      });
    },
  };
}

/** Counted in characters, as a person types them. */
function checkLength(password: string, least: number): void {
  if (Array.from(password).length >= least) return;
  throw new DomainError('InvalidRequest', `password must have ${least} characters at least.`);
}

function newUser({
  name,
  domainId = defaultDomainId,
}: UserDraft & { readonly name: string }): User {
  return {
    id: newId(),
    domainId,
    name,
    description: null,
    email: null,
    enabled: true,
    defaultProjectId: null,
    tokenGeneration: 0,
  };
}

function changed(user: User, draft: UserDraft): User {
  const { name, description, email, enabled, defaultProjectId, password, domainId } = draft;
  if (domainId !== undefined && domainId !== user.domainId) {
    throw new DomainError('InvalidRequest', 'A user stays in its domain.');
  }
  const voids = password != null || enabled === false;
  return {
    ...user,
    name: name ?? user.name,
    description: description === undefined ? user.description : description,
    email: email === undefined ? user.email : email,
    enabled: enabled ?? user.enabled,
    defaultProjectId: defaultProjectId === undefined ? user.defaultProjectId : defaultProjectId,
    tokenGeneration: user.tokenGeneration + Number(voids),
  };
}

async function checkUser(db: Connection, user: User): Promise<void> {
  const { name, domainId, defaultProjectId } = user;
  existing(await findDomain(db, domainId), `domain ${domainId}`);
  checkNameFree(await listUsers(db, { name, domainId }), user, 'user');
  if (defaultProjectId === null) return;
  existing(await findProject(db, defaultProjectId), `project ${defaultProjectId}`);
}
