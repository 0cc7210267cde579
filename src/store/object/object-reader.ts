import type { StoredReader } from '../store.ts';
import { withRetries } from './retries.ts';
import type { FetchedObject, SharedFetch, SharedFetches } from './shared-fetches.ts';

/** Reads an object; data that is read in order costs few requests, and those who read together share them. */
export function objectReader(fetches: SharedFetches, object: FetchedObject): StoredReader {
  const { size } = object.head;
  let current: SharedFetch | undefined;

  async function fetchAt(position: number): Promise<SharedFetch> {
    if (current?.reaches(position)) return current;
    await leave();
    current = fetches.join(object, position);
    return current;
  }

  async function leave(): Promise<void> {
    const left = current;
    current = undefined;
    await left?.leave();
  }

  return {
    size,

    async read(buffer, position) {
      const wanted = Math.min(buffer.length, Math.max(0, size - position));
      for (let filled = 0; filled < wanted; ) {
        const target = buffer.subarray(filled, wanted);
        const at = position + filled;
        filled += await withRetries(async () => (await fetchAt(at)).read(target, at));
      }
      return wanted;
    },

    [Symbol.asyncDispose]: leave,
  };
}
