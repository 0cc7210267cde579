import { setTimeout as pause } from 'node:timers/promises';
import { boundedMemory } from '../identity/memory.ts';

export interface NameCacheOptions {
  /** Asks for many at once; each answer comes by itself. */
  readonly ask: (ids: readonly string[]) => readonly Promise<string | undefined>[];
  /** Milliseconds for which a name holds at most; 0 asks each time. */
  readonly cacheTime: number;
  /** Names at a time, missing ones too: what nobody has asked for lately makes room. */
  readonly size?: number;
  /** Milliseconds that anybody waits for names at most. */
  readonly patience?: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What ids are called, for people to read. */
export interface NameCache {
  /** The names that can be told in time; an id without one is shown as it is. Never throws. */
  namesOf(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

/** How long it holds that an id has no name, ms: it may be given one at any time. */
const missingTime = 30_000;

/** How long nobody is asked again about an id that nobody could tell of, ms. */
const failureTime = 5_000;

/** Remembers names, and asks once for everybody who wants to know the same one. */
export function nameCache(options: NameCacheOptions): NameCache {
  const { ask, cacheTime, size = 10_000, patience = 300, now } = options;
  const remembered = boundedMemory<{ readonly name: string | undefined }>({
    size,
    evicts: 'unused',
    now,
  });
  const flights = new Map<string, Promise<string | undefined>>();

  async function learn(id: string, answer: Promise<string | undefined>) {
    const asked = now();
    try {
      const name = await answer;
      const time = name === undefined ? Math.min(cacheTime, missingTime) : cacheTime;
      remembered.keep(id, { name }, asked + time);
      return name;
    } catch {
      // It is the identity service's to say what ails it.
      remembered.keep(id, { name: undefined }, now() + failureTime);
      return undefined;
    } finally {
      flights.delete(id);
    }
  }

  function askFor(ids: readonly string[]): void {
    for (const [index, answer] of ask(ids).entries()) {
      const id = ids[index] ?? '';
      flights.set(id, learn(id, answer));
    }
  }

  return {
    async namesOf(ids) {
      const names = new Map<string, string>();
      const tell = (id: string, name: string | undefined) => {
        if (name !== undefined) names.set(id, name);
      };
      const awaited: string[] = [];
      for (const id of new Set(ids)) {
        const known = remembered.recall(id);
        if (known) tell(id, known.name);
        else awaited.push(id);
      }
      if (awaited.length === 0) return names;
      const unasked = awaited.filter((id) => !flights.has(id));
      if (unasked.length > 0) askFor(unasked);
      const all = awaited.map(async (id) => tell(id, await flights.get(id)));
      await inTime(Promise.all(all), patience);
      // What comes later is remembered, and must not change what is told here.
      return new Map(names);
    },
  };
}

/** Waits for the promise, which never rejects, but no longer than `time`, ms. */
async function inTime(promise: Promise<unknown>, time: number): Promise<void> {
  const done = new AbortController();
  const late = pause(time, undefined, { signal: done.signal }).catch(() => undefined);
  await Promise.race([promise, late]);
  done.abort();
}
