import { randomBytes } from 'node:crypto';
import type { Connection } from '../../database/database.ts';
import {
  deleteSigningKeys,
  insertSigningKey,
  listSigningKeys,
  updateLongestLifetime,
} from '../../database/signing-keys.ts';
import { demand, mayManage } from '../../domain/identity-policy.ts';
import { rateLimiter } from '../../domain/rate-limiter.ts';
import type { Authorization } from '../../domain/session.ts';
import {
  isRotationDue,
  neededUntil,
  type SigningKey,
  spentKeys,
} from '../../domain/signing-key.ts';
import { singleFlight } from '../../identity/single-flight.ts';
import type { TokenKeys } from '../../identity/tokens.ts';
import { type IdentityContext, newId } from './context.ts';

/** A key as it is told of: without its secret. */
export interface KeyState {
  readonly id: string;
  readonly createdAt: Date;
  /** Until when tokens may need it; null for the one that signs. */
  readonly neededUntil: Date | null;
}

/** The keys that tokens are signed with: one signs, and its predecessors verify what they have signed. */
export interface SigningKeys extends TokenKeys {
  /** Newest first. @throws DomainError `NotPermitted` */
  list(caller: Authorization): Promise<KeyState[]>;
  /**
   * Lets a new key sign from now on.
   *
   * @param dropsOthers whether every other key goes, and with it every token that there is
   * @throws DomainError `NotPermitted`
   */
  rotate(caller: Authorization, options: { readonly dropsOthers: boolean }): Promise<KeyState[]>;
}

export interface SigningKeysOptions {
  readonly context: IdentityContext;
  /** Life of a token, ms. */
  readonly lifetime: number;
  /** How long a key signs, ms; 0 for ever. */
  readonly rotation: number;
}

/** What invented key ids may cost: so many looks into the database a second. */
const unknownKeys = { rate: 1, burst: 10 } as const;

/**
 * Opens the keys in the database, and makes the first one.
 *
 * A key is replaced by the first login after its time, and the keys that nothing needs any more go with it. Other
 * processes hear of it as of every change to identities; should a token be faster than that news, its
 * key is looked up.
 */
export async function openSigningKeys(options: SigningKeysOptions): Promise<SigningKeys> {
  const { context, lifetime, rotation } = options;
  const { database, now, version } = context;
  const limiter = rateLimiter(unknownKeys, () => performance.now());
  const loads = singleFlight<readonly SigningKey[]>();
  let held: readonly SigningKey[] = [];
  let heldVersion = -1;

  async function load(): Promise<readonly SigningKey[]> {
    return await loads.run('', async () => {
      const before = version();
      held = await listSigningKeys(database.read);
      heldVersion = before;
      return held;
    });
  }

  const latest = async () => (heldVersion === version() ? held : await load());

  /** In a change, since another process may be at it too. */
  async function renewed(work: (db: Connection, keys: SigningKey[]) => Promise<void>) {
    await context.change(async (db) => {
      await work(db, await listSigningKeys(db));
    });
    return await load();
  }

  async function addKey(db: Connection): Promise<void> {
    const secret = randomBytes(32).toString('base64url');
    const createdAt = new Date(now());
    await insertSigningKey(db, { id: newId(), secret, createdAt, longestLifetime: lifetime });
  }

  async function upkeep(db: Connection, keys: readonly SigningKey[]): Promise<void> {
    const spent = spentKeys(keys, now()).map(({ id }) => id);
    await deleteSigningKeys(db, spent);
    const [newest] = keys;
    if (isRotationDue(keys, rotation, now())) await addKey(db);
    else if (newest && newest.longestLifetime < lifetime) {
      await updateLongestLifetime(db, newest.id, lifetime);
    }
  }

  function needsUpkeep(keys: readonly SigningKey[]): boolean {
    const isShort = (keys[0]?.longestLifetime ?? 0) < lifetime;
    return isShort || isRotationDue(keys, rotation, now()) || spentKeys(keys, now()).length > 0;
  }

  async function current(): Promise<SigningKey> {
    let keys = await latest();
    if (needsUpkeep(keys)) keys = await renewed(upkeep);
    const [newest] = keys;
    if (!newest) throw new Error('There is no key to sign tokens with.');
    return newest;
  }

  await current();

  return {
    current,

    async find(id) {
      const known = (await latest()).find((key) => key.id === id);
      if (known || limiter.spend('') > 0) return known;
      return (await load()).find((key) => key.id === id);
    },

    async list(caller) {
      demand(mayManage(caller), 'Only an admin may see the signing keys.');
      return (await load()).map(stateOf);
    },

    async rotate(caller, { dropsOthers }) {
      demand(mayManage(caller), 'Only an admin may rotate the signing keys.');
      const keys = await renewed(async (db, all) => {
        const dropped = dropsOthers ? all : spentKeys(all, now());
        await deleteSigningKeys(
          db,
          dropped.map(({ id }) => id),
        );
        await addKey(db);
      });
      return keys.map(stateOf);
    },
  };
}

function stateOf(key: SigningKey, _index: number, keys: readonly SigningKey[]): KeyState {
  return { id: key.id, createdAt: key.createdAt, neededUntil: neededUntil(keys, key) };
}
