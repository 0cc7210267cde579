import { useCallback, useRef, useState } from 'react';

/** Work that somebody waits for. */
export interface Task<Input extends readonly unknown[]> {
  readonly isRunning: boolean;
  /** What it failed by, until it is run again. */
  readonly problem: unknown;
  /** Runs it, unless it is running; resolves to whether it went well. */
  readonly run: (...input: Input) => Promise<boolean>;
}

/** A task that shows that it runs, and how it failed. */
export function useTask<Input extends readonly unknown[]>(
  work: (...input: Input) => Promise<void>,
): Task<Input> {
  const [isRunning, setRunning] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const running = useRef(false);
  const latest = useRef(work);
  latest.current = work;

  const run = useCallback(async (...input: Input) => {
    if (running.current) return false;
    running.current = true;
    setRunning(true);
    setProblem(undefined);
    try {
      await latest.current(...input);
      return true;
    } catch (error) {
      setProblem(error);
      return false;
    } finally {
      running.current = false;
      setRunning(false);
    }
  }, []);
  return { isRunning, problem, run };
}
