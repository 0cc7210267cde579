import type { ReactNode } from 'react';

interface EmptyProps {
  readonly title: string;
  /** What to do next. */
  readonly children: ReactNode;
}

/** Stands where there is nothing yet. */
export function Empty({ title, children }: EmptyProps): ReactNode {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}
