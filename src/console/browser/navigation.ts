import { useMemo, useSyncExternalStore } from 'react';
import { addressOf, type Place, placeOf } from '../place.ts';

const changed = 'vitrine:place';

function subscribe(onChange: () => void): () => void {
  window.addEventListener('popstate', onChange);
  window.addEventListener(changed, onChange);
  return () => {
    window.removeEventListener('popstate', onChange);
    window.removeEventListener(changed, onChange);
  };
}

const base = new URL(document.baseURI).pathname;

/** The place that the address bar shows. */
export function usePlace(): Place {
  const href = useSyncExternalStore(subscribe, () => location.pathname + location.search);
  return useMemo(() => {
    const [path = '', search = ''] = href.split('?', 2);
    // Without the slash at its end the base itself is the path.
    const below = path.startsWith(base) ? path.slice(base.length) : '';
    return placeOf(below, search);
  }, [href]);
}

/** The address of a place, for links. */
export function hrefOf(place: Place): string {
  return base + addressOf(place);
}

/** Goes there; `replace` leaves no step back, for changes of what is looked at already. */
export function goTo(place: Place, { replace = false } = {}): void {
  if (replace) history.replaceState(null, '', hrefOf(place));
  else history.pushState(null, '', hrefOf(place));
  window.dispatchEvent(new Event(changed));
}
