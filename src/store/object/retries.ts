import { setTimeout as pause } from 'node:timers/promises';
import { ObjectServerFailure } from './failure.ts';

/** Milliseconds before each further attempt, on average. */
const pauses = [200, 800];

/** The longest that a server's own wish makes an attempt wait, ms: somebody waits for the answer. */
const longestPause = 3000;

/**
 * Tries again, a few times and ever later, when the server fails in a way that may pass. Only for what may be
 * done twice.
 *
 * @throws the last attempt's error; the signal's reason once it is aborted
 */
export async function withRetries<T>(attempt: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (const time of pauses) {
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof ObjectServerFailure) || !error.isPassing) throw error;
      const wished = Math.min(longestPause, error.retryAfter ?? 0);
      // Not all at the same moment: whoever waits has failed together with many others.
      await pause(Math.max(wished, time * (0.5 + Math.random())), undefined, signal && { signal });
    }
  }
  return await attempt();
}
