import type { MouseEvent, ReactNode } from 'react';
import { goTo, hrefOf } from '../browser/navigation.ts';
import type { Place } from '../place.ts';

interface PlaceLinkProps {
  readonly place: Place;
  readonly className?: string;
  /** Whether it is where the reader is. */
  readonly isCurrent?: boolean;
  /** Told before it is followed. */
  readonly onFollow?: () => void;
  readonly children: ReactNode;
}

/** A link within the console; a new tab opens it as any link. */
export function PlaceLink(props: PlaceLinkProps): ReactNode {
  const { place, className, isCurrent, onFollow, children } = props;
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) {
      return;
    }
    event.preventDefault();
    onFollow?.();
    goTo(place);
  };
  return (
    <a
      href={hrefOf(place)}
      onClick={follow}
      {...(className !== undefined && { className })}
      {...(isCurrent && { 'aria-current': 'page' })}
    >
      {children}
    </a>
  );
}
