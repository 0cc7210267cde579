import { useCallback, useEffect, useState } from 'react';

/** What was loaded, and how to load it again; what was there stays until the new is. */
export interface Loaded<T> {
  readonly value: T | undefined;
  readonly problem: unknown;
  readonly reload: () => void;
}

/** Loads when the page shows it, and again whenever `load` is another function. */
export function useLoaded<T>(load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [answer, setAnswer] = useState<{ value?: T; problem?: unknown }>({});
  const [round, setRound] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another round is a reason to load.
  useEffect(() => {
    const left = new AbortController();
    load(left.signal).then(
      (value) => {
        if (!left.signal.aborted) setAnswer({ value });
      },
      (problem: unknown) => {
        if (!left.signal.aborted) setAnswer({ problem });
      },
    );
    return () => left.abort();
  }, [load, round]);

  const reload = useCallback(() => setRound((number) => number + 1), []);
  return { value: answer.value, problem: answer.problem, reload };
}
