/** A secret that tokens are signed with. */
export interface SigningKey {
  /** The `kid` that a token names its key by. */
  readonly id: string;
  /** 256 random bits, base64url. */
  readonly secret: string;
  readonly createdAt: Date;
  /** Milliseconds that a token signed with it may be valid. */
  readonly longestLifetime: number;
}

/** Milliseconds for which a token that has expired may still be asked about. @see Keystone's option `allow_expired_window` */
export const expiredWindow = 172_800_000;

/**
 * Until when there can be a token that needs the key; null for the newest, which signs.
 *
 * @param keys newest first
 */
export function neededUntil(keys: readonly SigningKey[], key: SigningKey): Date | null {
  const successor = keys[keys.indexOf(key) - 1];
  if (!successor) return null;
  return new Date(successor.createdAt.getTime() + key.longestLifetime + expiredWindow);
}

/** The keys that no token needs any more. @param now milliseconds since the epoch */
export function spentKeys(keys: readonly SigningKey[], now: number): SigningKey[] {
  return keys.filter((key) => (neededUntil(keys, key)?.getTime() ?? now + 1) <= now);
}

/**
 * Whether the newest key has signed for long enough.
 *
 * @param period milliseconds; 0 for keys that sign for ever
 */
export function isRotationDue(keys: readonly SigningKey[], period: number, now: number): boolean {
  const [newest] = keys;
  if (!newest) return true;
  return period > 0 && newest.createdAt.getTime() + period <= now;
}
