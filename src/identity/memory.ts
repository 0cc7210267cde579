/** Remembers values for a while. */
export interface Memory<T> {
  recall(key: string): T | undefined;
  /** @param until Milliseconds since the epoch, exclusive. */
  keep(key: string, value: T, until: number): void;
}

export interface MemoryOptions {
  /** The most values at a time. */
  readonly size: number;
  /** What makes room: what has been there longest, or what has not been recalled for longest. */
  readonly evicts?: 'oldest' | 'unused';
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A memory that neither grows beyond its size nor gives out what is too old. */
export function boundedMemory<T>({ size, evicts, now }: MemoryOptions): Memory<T> {
  const values = new Map<string, { readonly value: T; readonly until: number }>();
  return {
    recall(key) {
      const known = values.get(key);
      if (!known) return undefined;
      if (known.until <= now()) {
        values.delete(key);
        return undefined;
      }
      if (evicts === 'unused') {
        values.delete(key);
        values.set(key, known);
      }
      return known.value;
    },
    keep(key, value, until) {
      if (until <= now()) return;
      values.delete(key);
      const [oldest] = values.keys();
      if (values.size >= size && oldest !== undefined) values.delete(oldest);
      values.set(key, { value, until });
    },
  };
}
