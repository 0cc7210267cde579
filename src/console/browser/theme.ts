import { useSyncExternalStore } from 'react';

/** What the colours follow: the system, or the reader's own choice. */
export const themes = ['system', 'light', 'dark'] as const;

export type Theme = (typeof themes)[number];

const key = 'vitrine theme';
const changed = 'vitrine:theme';

function current(): Theme {
  const stored = localStorage.getItem(key);
  return themes.find((theme) => theme === stored) ?? 'system';
}

function show(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

/** The chosen theme, and how to choose another; it is all that the console keeps in the browser. */
export function useTheme(): readonly [Theme, (theme: Theme) => void] {
  const theme = useSyncExternalStore((onChange) => {
    window.addEventListener(changed, onChange);
    return () => window.removeEventListener(changed, onChange);
  }, current);
  return [
    theme,
    (next) => {
      if (next === 'system') localStorage.removeItem(key);
      else localStorage.setItem(key, next);
      show(next);
      window.dispatchEvent(new Event(changed));
    },
  ];
}

show(current());
