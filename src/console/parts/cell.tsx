import type { ReactNode } from 'react';

interface CellProps {
  readonly className?: string;
  readonly children?: ReactNode;
}

/** A cell of a table whose rows stand where scrolling wants them, which those of a table element cannot. */
export function Cell({ className, children }: CellProps): ReactNode {
  return (
    // biome-ignore lint/a11y/useSemanticElements: see above.
    <div role="cell" {...(className !== undefined && { className })}>
      {children}
    </div>
  );
}

/** A cell above all others. */
export function HeadCell({ className, children }: CellProps): ReactNode {
  return (
    // biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: see above; nothing happens on it.
    <div role="columnheader" {...(className !== undefined && { className })}>
      {children}
    </div>
  );
}
