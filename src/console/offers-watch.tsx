import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react';
import { useAccount } from './account.ts';
import { followShares } from './browser/share-events.ts';
import { WaitingProvider, waitingImages } from './offers.ts';

interface Seen {
  readonly images: readonly string[] | undefined;
  readonly version: number;
}

/** Knows how many offers wait, as they come and go. */
export function OffersWatch({ children }: { readonly children: ReactNode }): ReactNode {
  const { session } = useAccount();
  const [{ images, version }, setSeen] = useState<Seen>({ images: undefined, version: 0 });

  const look = useCallback(() => {
    waitingImages(session).then(
      (now) => setSeen((before) => (isSame(before.images, now) ? before : after(before, now))),
      // Who cannot be reached now is asked again; pages say themselves what fails for them.
      () => undefined,
    );
  }, [session]);

  useEffect(() => followShares(session, look), [session, look]);

  const waiting = useMemo(
    () => ({ count: images?.length, version, look }),
    [images, version, look],
  );
  return <WaitingProvider value={waiting}>{children}</WaitingProvider>;
}

function isSame(before: readonly string[] | undefined, now: readonly string[]): boolean {
  return before?.join() === now.join();
}

/** What was there at first is no news. */
function after({ images, version }: Seen, now: readonly string[]): Seen {
  return { images: now, version: images === undefined ? version : version + 1 };
}
