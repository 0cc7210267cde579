import type { ShareTermsBody } from '../client/sharing.ts';

/** Milliseconds of a day. */
const day = 24 * 3600 * 1000;

/** What stands in the fields of a form. */
export interface TypedTerms {
  readonly note: string;
  /** Days until the end; '' for no end. */
  readonly days: string;
}

/** When so many days are over, ISO 8601; null for ''. @param now milliseconds since the epoch */
export function endAfter(days: string, now: number): string | null {
  return days === '' ? null : new Date(now + Number(days) * day).toISOString();
}

/** Text that somebody typed; null for nothing but blanks. */
export function wordOf(text: string): string | null {
  return text.trim() === '' ? null : text.trim();
}

/** What is said of a share. @param now milliseconds since the epoch */
export function termsOf({ note, days }: TypedTerms, now: number): ShareTermsBody {
  return { note: wordOf(note), expires_at: endAfter(days, now) };
}
