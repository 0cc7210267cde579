import type { ReactNode } from 'react';
import { adviceOn } from '../advice.ts';

interface ProblemProps {
  /** Undefined shows nothing. */
  readonly error: unknown;
  /** What to do next, where that is known better than from the error alone. */
  readonly next?: string | undefined;
  /** Tries again, where that may help. */
  readonly onRetry?: () => void;
}

/** Says what went wrong and what to do next. */
export function Problem({ error, next: better, onRetry }: ProblemProps): ReactNode {
  if (error === undefined) return null;
  const { problem, next } = adviceOn(error);
  return (
    <div className="problem" role="alert">
      <p>
        <strong>{problem}</strong> {better ?? next}
      </p>
      {onRetry && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}
