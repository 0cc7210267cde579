import type { Metric, Sample } from '../domain/metric.ts';
import { type Growth, type Store, type StoredReader, StoreError } from './store.ts';

/** What is asked of a store, as far as it is counted. */
type Operation = 'put' | 'append' | 'open' | 'delete' | 'check';

/** How a store fared, in plain numbers. */
interface StoreCounts {
  readonly operations: Map<Operation, number>;
  /** By the code of the failure; all codes are the store's own. */
  readonly errors: Map<string, number>;
  written: number;
  read: number;
}

/** Counts what is asked of stores, and what of it fails. */
export interface StoreWatch {
  /** The same store, watched. */
  readonly watch: (store: Store) => Store;
  metrics(): readonly Metric[];
}

export function storeWatch(): StoreWatch {
  const byStore = new Map<string, StoreCounts>();
  return {
    watch(store) {
      const counts = { operations: new Map(), errors: new Map(), written: 0, read: 0 };
      byStore.set(store.id, counts);
      return watchedStore(store, counts);
    },

    metrics: () => metricsOf([...byStore]),
  };
}

function watchedStore(store: Store, counts: StoreCounts): Store {
  const { operations, errors } = counts;

  async function watched<T>(operation: Operation, work: Promise<T>): Promise<T> {
    operations.set(operation, (operations.get(operation) ?? 0) + 1);
    try {
      return await work;
    } catch (cause) {
      note(cause);
      throw cause;
    }
  }

  /** What a sender sends too much of, say, is no failure of the store, but costs nothing to count. */
  function note(cause: unknown): void {
    if (!(cause instanceof StoreError)) return;
    errors.set(cause.code, (errors.get(cause.code) ?? 0) + 1);
  }

  const { grow } = store;
  return {
    ...store,
    check: () => watched('check', store.check()),

    async put(imageId, data, options) {
      const stored = await watched('put', store.put(imageId, data, options));
      counts.written += stored.size;
      return stored;
    },

    async open(location) {
      const reader = await watched('open', store.open(location));
      return watchedReader(reader, counts, note);
    },

    delete: (location) => watched('delete', store.delete(location)),
    ...(grow && {
      grow: (dataId, growing) => watchedGrowth(grow(dataId, growing), counts, watched),
    }),
  };
}

function watchedReader(
  reader: StoredReader,
  counts: StoreCounts,
  note: (cause: unknown) => void,
): StoredReader {
  return {
    ...reader,
    async read(buffer, position) {
      try {
        const filled = await reader.read(buffer, position);
        counts.read += filled;
        return filled;
      } catch (cause) {
        note(cause);
        throw cause;
      }
    },
  };
}

function watchedGrowth(
  growth: Growth,
  counts: StoreCounts,
  watched: <T>(operation: Operation, work: Promise<T>) => Promise<T>,
): Growth {
  return {
    get size() {
      return growth.size;
    },
    get isSeen() {
      return growth.isSeen;
    },
    async append(data, options) {
      const before = growth.size;
      const appended = await watched('append', growth.append(data, options));
      counts.written += Math.max(0, appended.size - before);
      return appended;
    },
    adopt: (imageId, options) => growth.adopt(imageId, options),
    [Symbol.dispose]: () => growth[Symbol.dispose](),
  };
}

function metricsOf(stores: readonly (readonly [string, StoreCounts])[]): readonly Metric[] {
  const samplesOf = (label: string, of: (counts: StoreCounts) => ReadonlyMap<string, number>) =>
    stores.flatMap(([store, counts]): readonly Sample[] =>
      [...of(counts)].map(([key, value]) => ({ labels: { store, [label]: key }, value })),
    );
  const bytes = (of: (counts: StoreCounts) => number) =>
    stores.map(([store, counts]): Sample => ({ labels: { store }, value: of(counts) }));
  return [
    {
      name: 'vitrine_store_operations_total',
      help: 'What was asked of a store.',
      type: 'counter',
      samples: samplesOf('operation', ({ operations }) => operations),
    },
    {
      name: 'vitrine_store_errors_total',
      help: 'What a store could not do, by the reason; "Unavailable" and "Damaged" are its own, "Full" wants room.',
      type: 'counter',
      samples: samplesOf('code', ({ errors }) => new Map([['Unavailable', 0], ...errors])),
    },
    {
      name: 'vitrine_store_written_bytes_total',
      help: 'Bytes of data that a store has taken whole: uploads, imports and copies.',
      type: 'counter',
      samples: bytes(({ written }) => written),
    },
    {
      name: 'vitrine_store_read_bytes_total',
      help: 'Bytes of data that were read from a store, for callers and to look whether they are what they were; not those that the system sends by itself.',
      type: 'counter',
      samples: bytes(({ read }) => read),
    },
  ];
}
