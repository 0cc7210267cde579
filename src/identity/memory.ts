/** Remembers values for a while. */
export interface Memory<T> {
  recall(key: string): T | undefined;
  /** @param until Milliseconds since the epoch, exclusive. */
  keep(key: string, value: T, until: number): void;
}

export interface MemoryOptions {
  /** The most values at a time: what has been there longest makes room. */
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A memory that neither grows beyond its size nor gives out what is too old. */
export function boundedMemory<T>({ size, now }: MemoryOptions): Memory<T> {
  const values = new Map<string, { readonly value: T; readonly until: number }>();
  return {
    recall(key) {
      const known = values.get(key);
      if (!known || known.until > now()) return known?.value;
      values.delete(key);
      return undefined;
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
