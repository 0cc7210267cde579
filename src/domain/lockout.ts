/** After how many wrong passwords in a row a user is locked out, and for how long. */
export interface LockoutRule {
  /** 0 for never. */
  readonly failures: number;
  /** Milliseconds. */
  readonly duration: number;
}

/** The wrong passwords of a user since the last right one. */
export interface FailedLogins {
  readonly count: number;
  /** When the last one was, milliseconds since the epoch; null without any. */
  readonly lastAt: number | null;
}

/** Whether no password of the user is taken at this moment, not even the right one. */
export function isLockedOut(
  { count, lastAt }: FailedLogins,
  { failures, duration }: LockoutRule,
  now: number,
): boolean {
  return failures > 0 && count >= failures && lastAt !== null && now < lastAt + duration;
}

/** The failures after one more; those that have locked the user out before no longer count. */
export function withFailure(
  failed: FailedLogins,
  { failures }: LockoutRule,
  now: number,
): FailedLogins {
  return { count: failed.count >= failures ? 1 : failed.count + 1, lastAt: now };
}
