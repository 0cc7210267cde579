export const nameSharing = ['resolve', 'strict', 'off'] as const;

/**
 * What becomes of a member id that is no project's: a project of exactly that name is meant (`resolve`), or
 * else the call is refused (`strict`), or nobody is asked and every id is taken as it is (`off`).
 */
export type NameSharing = (typeof nameSharing)[number];

/** Whom a member id means. */
export interface Recipient {
  /** What is kept as the member. */
  readonly projectId: string;
  /** How it was found: by its id, by its name, not at all, or without asking anybody. */
  readonly found: 'id' | 'name' | 'unknown' | 'unasked';
}
