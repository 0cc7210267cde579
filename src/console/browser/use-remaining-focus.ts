import { type RefObject, useCallback, useEffect, useRef } from 'react';

interface RemainingFocus {
  /** For a button that stays. */
  readonly remaining: RefObject<HTMLButtonElement | null>;
  /** Says that an item, which has the focus, will be gone from the list when that is there anew. */
  readonly expectRemoval: () => void;
}

/** Keeps the focus where it was, or nearly, when what had it goes with an item of a list. */
export function useRemainingFocus(list: unknown): RemainingFocus {
  const remaining = useRef<HTMLButtonElement>(null);
  const isExpected = useRef(false);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another list is the moment to look.
  useEffect(() => {
    if (isExpected.current && document.activeElement === document.body) remaining.current?.focus();
    isExpected.current = false;
  }, [list]);

  const expectRemoval = useCallback(() => {
    isExpected.current = true;
  }, []);
  return { remaining, expectRemoval };
}
