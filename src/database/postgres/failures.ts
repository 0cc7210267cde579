import { DomainError } from '../../domain/errors.ts';
import { RetryLaterError } from '../../domain/retry-later.ts';

/** A commit whose answer did not come: whether the change took effect is not known. */
export class UnknownOutcomeError extends Error {
  constructor(cause: unknown) {
    super('The connection to the database was lost during a commit.', { cause });
    this.name = 'UnknownOutcomeError';
  }
}

/** The code of a failure: SQLSTATE from the server, or the operating system's own. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Whether the server undid the transaction for the sake of another, so that it may be tried again as it is. */
export function isUndone(error: unknown): boolean {
  // serialization_failure, deadlock_detected
  return ['40001', '40P01'].includes(codeOf(error));
}

const lossCodes = [
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  // admin_shutdown, crash_shutdown, cannot_connect_now, too_many_connections
  '57P01',
  '57P02',
  '57P03',
  '53300',
];

/** What the driver says in words alone. */
const lossTexts =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|Query read timeout|timeout e)/;

/** Whether the server cannot be reached, or was lost before it answered. */
export function isLoss(error: unknown): boolean {
  const code = codeOf(error);
  if (lossCodes.includes(code) || code.startsWith('08')) return true;
  return error instanceof Error && lossTexts.test(error.message);
}

/** Whether statements prepared on the connection are of no use any more, as after a change of the schema. */
export function isOutdated(error: unknown): boolean {
  // invalid_sql_statement_name, and "cached plan must not change result type"
  return ['26000', '0A000'].includes(codeOf(error));
}

/** Whether a lock was not to be had in time. */
export function isLockTimeout(error: unknown): boolean {
  // lock_not_available
  return codeOf(error) === '55P03';
}

/** Seconds after which a caller may try again. */
const retryAfter = 5;

/** A failure in the words of the domain, where it has any. */
export function toRefusal(error: unknown): unknown {
  if (error instanceof UnknownOutcomeError) {
    const text =
      'The database was lost before it answered: whether the change took effect is not known.';
    return new RetryLaterError('DatabaseUnavailable', text, retryAfter, { cause: error });
  }
  if (isLoss(error)) {
    const text = 'The database is not available now.';
    return new RetryLaterError('DatabaseUnavailable', text, retryAfter, { cause: error });
  }
  const code = codeOf(error);
  // lock_not_available, query_canceled (by its time limit), and what was undone too often
  if (['55P03', '57014'].includes(code) || isUndone(error)) {
    const text = 'The database is too busy now.';
    return new RetryLaterError('DatabaseUnavailable', text, retryAfter, { cause: error });
  }
  // character_not_in_repertoire, untranslatable_character
  if (['22021', '22P05'].includes(code)) {
    const text = 'Text may have no character U+0000 and no half of a surrogate pair.';
    return new DomainError('InvalidRequest', text, { cause: error });
  }
  return error;
}
