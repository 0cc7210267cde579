import { DomainError } from '../domain/errors.ts';
import { RetryLaterError } from '../domain/retry-later.ts';

/** Told once that the database may not be used any more, by whoever finds out. */
export type OnDatabaseFailure = (cause: unknown) => void;

/** Seconds after which a caller may try again: a process that ends for this is started anew by then. */
const retryAfter = 5;

/** SQLite's primary result codes. @see https://sqlite.org/rescode.html */
const codes = { ioerr: 10, corrupt: 11, full: 13, notadb: 26 } as const;

/** Extended codes of reads that failed: nothing was to be saved by them. */
const readFailures: readonly number[] = [266, 522];

function codeOf(error: unknown): number {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
}

function unavailable(cause: unknown): RetryLaterError {
  const message = 'The database is not available now: whether the change took effect is not known.';
  return new RetryLaterError('DatabaseUnavailable', message, retryAfter, { cause });
}

/** Runs calls of SQLite until one tells that the database or its disk cannot be trusted; then none any more. */
export type Guard = <T>(call: () => T) => T;

/**
 * A failed sync is final: the kernel has forgotten what it could not write, SQLite goes on with what it believes to be
 * saved, and a sync that succeeds later says nothing. So the first failure of that kind is the last call, and
 * the next process reads what is on the disk.
 *
 * @throws DomainError `QuotaExceeded` when the disk is full; RetryLaterError `DatabaseUnavailable`
 */
export function guardOf(onFailure: OnDatabaseFailure): Guard {
  let failure: { readonly cause: unknown } | undefined;

  return (call) => {
    if (failure) throw unavailable(failure.cause);
    try {
      return call();
    } catch (cause) {
      const code = codeOf(cause);
      const primary = code & 0xff;
      if (primary === codes.full) {
        throw new DomainError('QuotaExceeded', 'The database has no room for this change.', {
          cause,
        });
      }
      if (readFailures.includes(code)) throw unavailable(cause);
      if (![codes.ioerr, codes.corrupt, codes.notadb].some((fatal) => fatal === primary))
        throw cause;
      failure = { cause };
      onFailure(cause);
      throw unavailable(cause);
    }
  };
}
