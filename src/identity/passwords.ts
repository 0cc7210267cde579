import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

/** Costs of scrypt: `N` = 2^`logN`, memory about 128·N·r bytes. */
export interface PasswordCost {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

/** 32 MiB and some 80 ms of one core for each try; the attempts themselves are limited as well. */
const defaultPasswordCost: PasswordCost = { logN: 15, r: 8, p: 1 };

/** Turns passwords into what the database keeps of them, and compares. */
export interface Passwords {
  /** The costs, a salt of its own and the derived key, as text. */
  hash(password: string): Promise<string>;
  /**
   * Whether `password` is the one that `stored` was made from.
   *
   * `undefined` stands for a user that does not exist: the answer is no and takes as long as for one
   * that does, so that names cannot be told apart by the clock.
   */
  verify(password: string, stored: string | undefined): Promise<boolean>;
}

const keyLength = 32;
const saltLength = 16;

/** Passwords under scrypt (RFC 7914); those hashed at other costs are compared at their own. */
export function scryptPasswords(cost: PasswordCost = defaultPasswordCost): Passwords {
  const nobody = hashText(cost, Buffer.alloc(saltLength), Buffer.alloc(keyLength));

  return {
    async hash(password) {
      const salt = randomBytes(saltLength);
      return hashText(cost, salt, await derive(password, salt, cost));
    },

    async verify(password, stored) {
      const { cost: usedCost, salt, key } = parseHash(stored ?? nobody);
      const derived = await derive(password, salt, usedCost);
      return timingSafeEqual(derived, key) && stored !== undefined;
    },
  };
}

function hashText({ logN, r, p }: PasswordCost, salt: Buffer, key: Buffer): string {
  return ['scrypt', logN, r, p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

function parseHash(stored: string): { cost: PasswordCost; salt: Buffer; key: Buffer } {
  const [scheme, logN, r, p, salt, key] = stored.split('$');
  const bytes = Buffer.from(key ?? '', 'base64url');
  if (scheme !== 'scrypt' || !salt || bytes.length !== keyLength) {
    throw new Error('A password in the database is not in a form that this release knows.');
  }
  const cost = { logN: Number(logN), r: Number(r), p: Number(p) };
  return { cost, salt: Buffer.from(salt, 'base64url'), key: bytes };
}

function derive(password: string, salt: Buffer, { logN, r, p }: PasswordCost): Promise<Buffer> {
  const N = 2 ** logN;
  const options: ScryptOptions = { N, r, p, maxmem: 256 * N * r };
  // Equal passwords typed on different keyboards may differ in composition (RFC 8265, section 4.2).
  const text = password.normalize('NFC');
  return new Promise((resolve, reject) => {
    scrypt(text, salt, keyLength, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
