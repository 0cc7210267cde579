import type { Database } from '../../database/database.ts';
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
import { type IdentityContext, identityContext } from './context.ts';
import { openDirectory } from './directory.ts';
import { type Logins, openLogins } from './logins.ts';
import { passwordChecks } from './password-checks.ts';
import { openProjects, type Projects } from './projects.ts';
import { openRoles, type Roles } from './roles.ts';
import { secretChecks } from './secret-checks.ts';
import { openSigningKeys, type SigningKeys } from './signing-keys.ts';
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
  readonly signingKeys: SigningKeys;
}

export interface EmbeddedIdentityOptions {
  readonly database: Database;
  /** Life of a token, ms; one hour unless said otherwise. */
  readonly tokenLifetime?: number;
  /** How long a key signs tokens, ms; for ever unless said otherwise. */
  readonly keyRotation?: number;
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
  const keys = { context, lifetime: tokenLifetime, rotation: options.keyRotation ?? 0 };
  const signingKeys = await openSigningKeys(keys);
  const signer = tokenSigner({ keys: signingKeys, now });
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
    signingKeys,
  };
}
