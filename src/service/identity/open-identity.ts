import { randomBytes } from 'node:crypto';
import type { Database } from '../../database/database.ts';
import { insertSigningKey, listSigningKeys } from '../../database/signing-keys.ts';
import type { LockoutRule } from '../../domain/lockout.ts';
import type { Directory } from '../../identity/directory.ts';
import { openGate } from '../../identity/gate.ts';
import { type LoginLimits, loginAttempts } from '../../identity/login-attempts.ts';
import { type PasswordCost, type Passwords, scryptPasswords } from '../../identity/passwords.ts';
import { tokenSigner } from '../../identity/tokens.ts';
import {
  type ApplicationCredentials,
  openApplicationCredentials,
} from './application-credentials.ts';
import { type IdentityContext, identityContext, newId } from './context.ts';
import { openDirectory } from './directory.ts';
import { type Logins, openLogins } from './logins.ts';
import { passwordChecks } from './password-checks.ts';
import { openProjects, type Projects } from './projects.ts';
import { openRoles, type Roles } from './roles.ts';
import { secretChecks } from './secret-checks.ts';
import { openTokens, type Tokens } from './tokens.ts';
import { openUsers, type Users } from './users.ts';

/** The embedded identity service: everything that its routes need. `tokens` is an `Identity`. */
export interface EmbeddedIdentity {
  readonly context: IdentityContext;
  readonly tokens: Tokens;
  readonly passwords: Passwords;
  readonly logins: Logins;
  readonly users: Users;
  readonly projects: Projects;
  readonly roles: Roles;
  readonly credentials: ApplicationCredentials;
  readonly directory: Directory;
}

export interface EmbeddedIdentityOptions {
  readonly database: Database;
  /** Life of a token, ms; one hour unless said otherwise. */
  readonly tokenLifetime?: number;
  readonly loginLimits?: LoginLimits;
  /** Application credentials that one user may have; no limit unless said otherwise. */
  readonly credentialLimit?: number;
  /** When users are locked out; never unless said otherwise. */
  readonly lockout?: LockoutRule;
  /** Characters that a new password must have at least; one unless said otherwise. */
  readonly minPasswordLength?: number;
  /** What hashing a password costs from now on. */
  readonly passwordCost?: PasswordCost;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

const noLockout: LockoutRule = { failures: 0, duration: 0 };

/** Opens the identity service on `database`, making its signing key when there is none yet. */
export async function openIdentity(options: EmbeddedIdentityOptions): Promise<EmbeddedIdentity> {
  const { database, tokenLifetime = 3_600_000, loginLimits, now = Date.now } = options;
  const { credentialLimit: limit = -1, minPasswordLength = 1, lockout = noLockout } = options;
  const passwords = scryptPasswords(options.passwordCost);
  const context = identityContext(database, now);
  const signer = tokenSigner({ keys: await signingKeys(context), now });
  const tokens = openTokens({ context, signer, lifetime: tokenLifetime });
  // Two at once hold at most 64 MiB, and the image service keeps the rest of the thread pool.
  const gate = openGate({ running: 2, waiting: 100 });
  const attempts = loginAttempts(now, loginLimits);
  const checkSecret = secretChecks({ passwords, attempts, gate });
  const checkPassword = passwordChecks({ context, checkSecret, lockout });
  const logins = openLogins({ db: database.read, tokens, checkSecret, checkPassword });
  return {
    context,
    tokens,
    passwords,
    logins,
    users: openUsers({ context, checkPassword, passwords, gate, minPasswordLength }),
    projects: openProjects(context),
    roles: openRoles(context),
    credentials: openApplicationCredentials({ context, passwords, gate, limit }),
    directory: openDirectory(database.read),
  };
}

async function signingKeys(context: IdentityContext) {
  const known = await listSigningKeys(context.database.read);
  if (known.length > 0) return known;
  return await context.change(async (db) => {
    // Another process may have been first.
    const made = await listSigningKeys(db);
    if (made.length > 0) return made;
    const secret = randomBytes(32).toString('base64url');
    const key = { id: newId(), secret, createdAt: new Date(context.now()) };
    await insertSigningKey(db, key);
    return [key];
  });
}
