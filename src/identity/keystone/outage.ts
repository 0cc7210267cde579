import type { KeystoneClient } from './client.ts';

/** Where lines for the operator go. */
export interface OutageLog {
  error(fields: object, text: string): void;
  info(fields: object, text: string): void;
}

/** Tells the operator when Keystone stops answering and when it answers again, not of each question in between. */
export interface Outage {
  /** A question was not answered. */
  failed(reason: unknown): void;
  /** A question was answered. */
  answered(): void;
}

export interface OutageOptions {
  /** What was asked, as in `Keystone cannot tell …`. */
  readonly what: string;
  readonly log: OutageLog;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Milliseconds between two lines of one outage at least; also when a half-dead Keystone answers now and then. */
const interval = 30_000;

export function outageOf({ what, log, now }: OutageOptions): Outage {
  let isAway = false;
  /** Whether an outage is told of whose end is not. */
  let isTold = false;
  /** Questions without an answer that no line has counted. */
  let uncounted = 0;
  let lastLine = Number.NEGATIVE_INFINITY;

  const isDue = () => now() - lastLine >= interval;

  /** How many have failed since the last line. */
  function count(): { readonly failed: number } {
    const failed = uncounted;
    uncounted = 0;
    return { failed };
  }

  return {
    failed(reason) {
      isAway = true;
      uncounted += 1;
      if (!isDue()) return;
      log.error({ err: reason, ...count() }, `Keystone cannot tell ${what}.`);
      lastLine = now();
      isTold = true;
    },
    answered() {
      if (!isAway && uncounted === 0) return;
      isAway = false;
      if (!isTold && !isDue()) return;
      log.info(count(), `Keystone tells ${what} again.`);
      isTold = false;
    },
  };
}

/** The same client, whose failures the operator is told of. */
export function watchedClient(client: KeystoneClient, outage: Outage): KeystoneClient {
  return {
    async ask(question) {
      try {
        const answer = await client.ask(question);
        outage.answered();
        return answer;
      } catch (error) {
        outage.failed(error);
        throw error;
      }
    },
  };
}
