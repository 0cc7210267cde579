import { randomBytes } from 'node:crypto';
import { type Passwords, scryptPasswords } from './passwords.ts';

/** A random password and what the database will keep of it. */
export interface FirstSecret {
  readonly password: string;
  readonly passwordHash: Promise<string>;
}

/**
 * Makes passwords for the first accounts and begins to hash them, one at a time: all at once would
 * take more memory than the service ever needs again.
 */
export function firstSecrets(
  count: number,
  passwords: Passwords = scryptPasswords(),
): readonly FirstSecret[] {
  let before: Promise<unknown> = Promise.resolve();
  return Array.from({ length: count }, () => {
    const password = randomBytes(24).toString('base64url');
    const passwordHash = before.then(() => passwords.hash(password));
    // Nobody may ever ask for it: a failure is told to those who do.
    before = passwordHash.catch(() => undefined);
    return { password, passwordHash };
  });
}
