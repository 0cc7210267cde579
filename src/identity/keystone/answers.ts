import type { KeystoneAnswer } from './connection.ts';
import { KeystoneFailure } from './failure.ts';

/**
 * The document of an answer.
 *
 * @param parse gives what is wanted of it, or throws
 * @throws KeystoneFailure when it is none of Keystone's
 */
export function documentOf<T>({ text, status }: KeystoneAnswer, parse: (json: unknown) => T): T {
  try {
    return parse(JSON.parse(text));
  } catch {
    // What was read may hold a token; it is not quoted.
    const message = `Keystone answered ${status} with something that is not its document.`;
    throw new KeystoneFailure(message, { isPassing: true });
  }
}

/** Whether it is Keystone itself that says 404, rather than something on the way that lost it. */
export function isNotFound(answer: KeystoneAnswer): boolean {
  if (answer.status !== 404) return false;
  return documentOf(answer, (json) => {
    const { code } = (json as { error: { code: unknown } }).error;
    if (code !== 404) throw new TypeError('That is no error document.');
    return true;
  });
}

/** What a status that nobody asked for says. */
export function unexpected({ status }: KeystoneAnswer, reason = ''): KeystoneFailure {
  const isPassing = status >= 500 || status === 429 || status === 408;
  return new KeystoneFailure(`Keystone answered ${status}${reason}.`, { isPassing });
}
