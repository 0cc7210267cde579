import type { NumberedEvent } from '../database/project-events.ts';

/** Somebody who is told what happens to one project. */
export interface Listener {
  readonly projectId: string;
  /** Takes events in order; each once, and none left out. */
  readonly take: (events: readonly NumberedEvent[]) => void;
  /** No more will come. */
  readonly end: () => void;
}

/** A listener, and how far it has been told. */
export interface Listening {
  readonly listener: Listener;
  /** Whether it is told with all others; else what it has missed is being read for it alone. */
  isLive: boolean;
  /** The number of the last event that it knows. */
  cursor: number;
  isOver: boolean;
}

/** Everybody who listens, by project. */
export interface Audience {
  readonly count: number;
  add(listener: Listener): Listening;
  /** Tells everybody of a project; who knows of an event is not told again. */
  tell(projectId: string, events: readonly NumberedEvent[]): void;
  remove(one: Listening): void;
  all(): readonly Listening[];
}

export function audience(): Audience {
  const projects = new Map<string, Set<Listening>>();
  let count = 0;
  return {
    get count() {
      return count;
    },

    add(listener) {
      const one: Listening = { listener, isLive: false, cursor: 0, isOver: false };
      const of = projects.get(listener.projectId) ?? new Set();
      projects.set(listener.projectId, of.add(one));
      count += 1;
      return one;
    },

    tell(projectId, events) {
      const last = events.at(-1)?.number ?? 0;
      for (const one of projects.get(projectId) ?? []) {
        if (!one.isLive || one.cursor >= last) continue;
        one.listener.take(events.filter(({ number }) => number > one.cursor));
        one.cursor = last;
      }
    },

    remove(one) {
      if (one.isOver) return;
      one.isOver = true;
      count -= 1;
      const of = projects.get(one.listener.projectId);
      of?.delete(one);
      if (of?.size === 0) projects.delete(one.listener.projectId);
    },

    all: () => [...projects.values()].flatMap((of) => [...of]),
  };
}
