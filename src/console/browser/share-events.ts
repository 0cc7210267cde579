import { ApiError } from '../../client/api-error.ts';
import type { Session } from '../../client/session.ts';
import { listenToShares } from '../../client/sharing.ts';

/** Between two tries to listen, ms. */
const pause = 2000;

/** Between two looks where the service tells nothing by itself, ms. */
const lookInterval = 5000;

/** Told the type of what happened; undefined for whatever may have been missed. */
type OnChange = (type: string | undefined) => void;

/**
 * Calls `onChange` whenever something happens to the shares of the project, and at first; until stopped. A page that
 * nobody sees does not listen, since browsers have few connections to one service, and looks again when it is seen.
 */
export function followShares(session: Session, onChange: OnChange): () => void {
  const stopped = new AbortController();
  let listening: AbortController | undefined;

  function follow(): void {
    listening?.abort();
    listening = undefined;
    if (document.visibilityState !== 'visible') return;
    listening = new AbortController();
    void listen(session, onChange, AbortSignal.any([stopped.signal, listening.signal]));
  }
  document.addEventListener('visibilitychange', follow);
  follow();
  return () => {
    document.removeEventListener('visibilitychange', follow);
    stopped.abort();
  };
}

async function listen(session: Session, onChange: OnChange, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // Whatever happened while nobody listened.
    onChange(undefined);
    let wait = pause;
    try {
      for await (const { type } of listenToShares(session, signal)) onChange(type);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return;
      if (error instanceof ApiError && error.status === 404) wait = lookInterval;
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
