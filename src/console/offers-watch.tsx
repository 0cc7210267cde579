import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react';
import { useAccount } from './account.ts';
import { loadOffers, WaitingProvider } from './offers.ts';

/** How often the inbox is looked at while the page is, ms. */
const interval = 4000;

/** Knows how many offers wait, and looks again by itself. */
export function OffersWatch({ children }: { readonly children: ReactNode }): ReactNode {
  const { session, project } = useAccount();
  const [count, setCount] = useState<number>();
  const [version, setVersion] = useState(0);

  const look = useCallback(async () => {
    const asked = { status: 'pending', projectId: project.id } as const;
    const { rows } = await loadOffers(session, asked, undefined);
    setCount((before) => {
      if (before !== rows.length) setVersion((number) => number + 1);
      return rows.length;
    });
  }, [session, project.id]);

  useEffect(() => {
    const lookIfSeen = () => {
      // Whoever cannot be reached now is asked again; pages say themselves what fails for them.
      if (document.visibilityState === 'visible') void look().catch(() => undefined);
    };
    lookIfSeen();
    const timer = setInterval(lookIfSeen, interval);
    document.addEventListener('visibilitychange', lookIfSeen);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', lookIfSeen);
    };
  }, [look]);

  const waiting = useMemo(
    () => ({ count, version, look: () => void look().catch(() => undefined) }),
    [count, version, look],
  );
  return <WaitingProvider value={waiting}>{children}</WaitingProvider>;
}
