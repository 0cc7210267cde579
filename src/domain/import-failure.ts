import { DomainError } from './errors.ts';

/** By the check that a VHD does not pass. */
const codes: Readonly<Record<string, string>> = { parent: '721', type: '523' };

/**
 * Says why an object could not be imported as clients of Rackspace's dialect know it, by a code, and in words.
 *
 * @param format that the image names
 * @see Rackspace Cloud Images, "Task to import image": the errors of imports
 */
export function importFailure(cause: unknown, format: unknown): unknown {
  const code = cause instanceof DomainError && codeOf(cause, format);
  if (!code) return cause;
  const text = `Image cannot be imported. Error code: '${code}'. ${cause.message}`;
  return new DomainError(cause.code, text, { cause });
}

function codeOf({ code, cause }: DomainError, format: unknown): string | undefined {
  if (format !== 'vhd') return undefined;
  if (code === 'QuotaExceeded') return '609';
  if (code !== 'UnsupportedMediaType') return undefined;
  const check = typeof cause === 'object' && cause && 'check' in cause ? String(cause.check) : '';
  // What did not get as far as a check is none at all.
  return check === '' ? '396' : (codes[check] ?? '111');
}
