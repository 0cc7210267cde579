import { lockIdentity } from '../../database/locks.ts';
import { findPassword, type StoredPassword, updateFailedLogins } from '../../database/users.ts';
import { isLockedOut, type LockoutRule, withFailure } from '../../domain/lockout.ts';
import type { User } from '../../domain/user.ts';
import type { LoginAttempt } from '../../identity/login-attempts.ts';
import type { IdentityContext } from './context.ts';
import { type CheckSecret, wrongSecret } from './secret-checks.ts';

export interface PasswordCheck {
  /** Undefined for a user who is not there: that takes as long, and is answered alike. */
  readonly user: User | undefined;
  /** As it was typed. */
  readonly password: string;
  readonly who: LoginAttempt;
}

/**
 * Gives the user whose password it is.
 *
 * @throws DomainError `NotAuthenticated` when it is not, or while the user is locked out;
 *   `TooManyRequests` after too many failures from one address.
 */
export type CheckPassword = (check: PasswordCheck) => Promise<User>;

export interface PasswordChecksOptions {
  readonly context: IdentityContext;
  readonly checkSecret: CheckSecret;
  readonly lockout: LockoutRule;
}

/**
 * Comparisons that lock a user out after too many wrong passwords in a row, from wherever they came.
 *
 * Failures are kept with the user, so they outlive the process, and names that nobody has cost no row.
 * What is right writes only where something went wrong before.
 */
export function passwordChecks({
  context,
  checkSecret,
  lockout,
}: PasswordChecksOptions): CheckPassword {
  const { database, now } = context;

  async function noteFailure({ id }: User): Promise<void> {
    // Not a change of the user: what is remembered of tokens stays, or guessing would slow everybody.
    await database.transaction(async (tx) => {
      await lockIdentity(tx);
      const stored = await findPassword(tx, id);
      if (stored) await updateFailedLogins(tx, id, withFailure(stored.failed, lockout, now()));
    });
  }

  async function forgetFailures({ id }: User): Promise<void> {
    await database.transaction((tx) => updateFailedLogins(tx, id, { count: 0, lastAt: null }));
  }

  return async ({ user, password, who }) => {
    let stored: StoredPassword | undefined;
    async function findStored(): Promise<string | undefined> {
      stored = user && (await findPassword(database.read, user.id));
      if (stored && isLockedOut(stored.failed, lockout, now())) stored = undefined;
      return stored?.hash;
    }
    async function onWrong(): Promise<void> {
      if (user && stored && lockout.failures > 0) await noteFailure(user);
    }
    await checkSecret({ secret: password, findStored, who, onWrong });
    if (!user) throw wrongSecret();
    if (stored && stored.failed.count > 0) await forgetFailures(user);
    return user;
  };
}
