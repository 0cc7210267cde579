import { RetryLaterError } from '../domain/retry-later.ts';
import { clientNetwork } from './client-network.ts';

export interface LoginLimits {
  /** Failed logins for one user name from one address within the window. */
  readonly perUser: number;
  /** Failed logins from one address within the window, whatever the names. */
  readonly perAddress: number;
  /** Length of the sliding window, ms. */
  readonly window: number;
}

const defaultLoginLimits: LoginLimits = { perUser: 10, perAddress: 50, window: 300_000 };

/** Who tries to log in: the name as it was typed, whether or not it exists, and from where. */
export interface LoginAttempt {
  readonly user: string;
  readonly address: string;
}

/** Remembers failed logins, so that passwords cannot be guessed by trying. */
export interface LoginAttempts {
  /** @throws RetryLaterError `TooManyRequests` when this user or this address has failed too often of late. */
  check(attempt: LoginAttempt): void;
  failed(attempt: LoginAttempt): void;
  /** Forgets the failures of this user at this address; the address keeps its own. */
  succeeded(attempt: LoginAttempt): void;
}

/** Counts failed logins in memory; at most `maxKeys` users and addresses are remembered. */
export function loginAttempts(
  now: () => number,
  limits: LoginLimits = defaultLoginLimits,
): LoginAttempts {
  const users = failureLog(now, limits.perUser, limits.window);
  const addresses = failureLog(now, limits.perAddress, limits.window);

  return {
    check(attempt) {
      const wait = Math.max(
        users.wait(userKey(attempt)),
        addresses.wait(clientNetwork(attempt.address)),
      );
      if (wait === 0) return;
      const seconds = Math.ceil(wait / 1000);
      throw new RetryLaterError(
        'TooManyRequests',
        `Too many failed logins. Wait ${seconds} seconds, then try again.`,
        seconds,
      );
    },
    failed(attempt) {
      users.add(userKey(attempt));
      addresses.add(clientNetwork(attempt.address));
    },
    succeeded(attempt) {
      users.forget(userKey(attempt));
    },
  };
}

const maxKeys = 10_000;

function failureLog(now: () => number, limit: number, window: number) {
  const failures = new Map<string, number[]>();

  function recent(key: string): number[] {
    const since = now() - window;
    return (failures.get(key) ?? []).filter((time) => time > since);
  }

  return {
    /** Milliseconds until another attempt is allowed; 0 for at once. */
    wait(key: string): number {
      const times = recent(key);
      const oldest = times[0];
      return times.length < limit || oldest === undefined ? 0 : oldest + window - now();
    },
    add(key: string): void {
      const times = [...recent(key), now()].slice(-limit);
      // Re-inserting keeps the map in order of the last failure: the first key is the oldest.
      failures.delete(key);
      failures.set(key, times);
      const oldest = failures.keys().next().value;
      if (failures.size > maxKeys && oldest !== undefined) failures.delete(oldest);
    },
    forget(key: string): void {
      failures.delete(key);
    },
  };
}

function userKey({ user, address }: LoginAttempt): string {
  return `${clientNetwork(address)} ${user}`;
}
