import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react';
import { useAccount } from './account.ts';
import { followShares } from './browser/share-events.ts';
import { heardOf, kindsIn, nothingHeard } from './news.ts';
import { countRequests, WaitingProvider, waitingImages } from './offers.ts';

interface Seen {
  readonly images: readonly string[] | undefined;
  readonly version: number;
}

/** Knows how many offers and requests wait, as they come and go, and tells pages of what happens. */
export function OffersWatch({ children }: { readonly children: ReactNode }): ReactNode {
  const { session } = useAccount();
  const [{ images, version }, setSeen] = useState<Seen>({ images: undefined, version: 0 });
  const [requests, setRequests] = useState<number>();
  const [heard, setHeard] = useState(nothingHeard);

  // Who cannot be reached now is asked again; pages say themselves what fails for them.
  const lookAtOffers = useCallback(() => {
    waitingImages(session).then(
      (now) => setSeen((before) => (isSame(before.images, now) ? before : after(before, now))),
      () => undefined,
    );
  }, [session]);
  const lookAtRequests = useCallback(() => {
    countRequests(session).then(setRequests, () => undefined);
  }, [session]);
  const look = useCallback(() => {
    lookAtOffers();
    lookAtRequests();
  }, [lookAtOffers, lookAtRequests]);

  useEffect(() => {
    let isFirst = true;
    return followShares(session, (type) => {
      const kinds = kindsIn(type);
      if (kinds.includes('share')) lookAtOffers();
      if (kinds.includes('request')) lookAtRequests();
      // What pages have just read themselves is no news at first.
      if (!isFirst) setHeard((before) => heardOf(before, kinds));
      isFirst = false;
    });
  }, [session, lookAtOffers, lookAtRequests]);

  const waiting = useMemo(
    () => ({ count: images?.length, requests, version, heard, look }),
    [images, requests, version, heard, look],
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
