import { setTimeout as pause } from 'node:timers/promises';
import { KeystoneFailure } from './failure.ts';

/** Milliseconds before each further attempt, on average. */
const pauses = [100, 400];

/**
 * Tries again, a few times and ever later, when Keystone fails in a way that may pass.
 *
 * @throws KeystoneFailure of the last attempt; the signal's reason once it is aborted
 */
export async function withRetries<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (const time of pauses) {
    try {
      return await attempt();
    } catch (failure) {
      if (!(failure instanceof KeystoneFailure) || !failure.isPassing) throw failure;
    }
    // Not all at the same moment: whoever waits has failed together with many others.
    await pause(time * (0.5 + Math.random()), undefined, { signal });
  }
  return await attempt();
}
