import { DomainError } from '../../domain/errors.ts';
import type { Gate } from '../../identity/gate.ts';
import type { LoginAttempt, LoginAttempts } from '../../identity/login-attempts.ts';
import type { Passwords } from '../../identity/passwords.ts';

export interface SecretCheck {
  /** As it was typed. */
  readonly secret: string;
  /** Looks up what the database keeps; undefined when there is nothing to compare with. */
  readonly findStored: () => Promise<string | undefined>;
  readonly who: LoginAttempt;
  /** Done before the next one in line is compared. */
  readonly onWrong?: () => Promise<void>;
}

/**
 * Compares a secret with the stored one; every failure counts and a refusal costs no hashing.
 *
 * @throws DomainError `NotAuthenticated` when it differs, `TooManyRequests` after too many failures.
 */
export type CheckSecret = (check: SecretCheck) => Promise<void>;

export interface SecretCheckOptions {
  readonly passwords: Passwords;
  readonly attempts: LoginAttempts;
  readonly gate: Gate;
}

/** A comparison under the limits of `attempts` and within `gate`. */
export function secretChecks({ passwords, attempts, gate }: SecretCheckOptions): CheckSecret {
  return async ({ secret, findStored, who, onWrong }) => {
    attempts.check(who);
    await gate.run(async () => {
      // Those who waited in line together may have used up what was left.
      attempts.check(who);
      if (!(await passwords.verify(secret, await findStored()))) {
        attempts.failed(who);
        await onWrong?.();
        throw wrongSecret();
      }
      attempts.succeeded(who);
    });
  };
}

/** The one answer to everything that is wrong with a name or a secret. */
export function wrongSecret(): DomainError {
  return new DomainError('NotAuthenticated', 'The user name or the secret is wrong.');
}
