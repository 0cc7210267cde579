import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

/** Costs of scrypt: `N` = 2^`logN`, memory about 128·N·r bytes. */
export interface PasswordCost {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

/** 32 MiB and some 80 ms of one core for each try. @see OWASP Password Storage Cheat Sheet, scrypt */
const defaultCost: PasswordCost = { logN: 15, r: 8, p: 1 };

const keyLength = 32;

/** What the database keeps of a password: the costs, a salt of its own and the derived key. */
export async function hashPassword(
  password: string,
  cost: PasswordCost = defaultCost,
): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, cost);
  const { logN, r, p } = cost;
  return ['scrypt', logN, r, p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/**
 * Whether `password` is the one that `stored` was made from.
 *
 * `undefined` stands for a user that does not exist: the answer is no and takes as long as for one
 * that does, so that names cannot be told apart by the clock.
 */
export async function verifyPassword(
  password: string,
  stored: string | undefined,
): Promise<boolean> {
  const { cost, salt, key } = parseHash(stored ?? nobody);
  const derived = await derive(password, salt, cost);
  return timingSafeEqual(derived, key) && stored !== undefined;
}

const nobody = [
  'scrypt',
  defaultCost.logN,
  defaultCost.r,
  defaultCost.p,
  Buffer.alloc(16).toString('base64url'),
  Buffer.alloc(keyLength).toString('base64url'),
].join('$');

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
