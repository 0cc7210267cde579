import type { Store } from './store.ts';

/** What a store keeps data in; `http` keeps none, it reads what lies at URLs of others. */
export type StoreType = 'file' | 'http' | 's3' | 'swift';

/** A store as the operator set it up. */
export interface ConfiguredStore {
  readonly store: Store;
  readonly type: StoreType;
  readonly description: string;
  /** Of several copies that of the largest weight is read first. */
  readonly weight: number;
  /** What operators may want to know of it, and nothing secret. */
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Where data is said to be. */
interface Place {
  readonly store: string | null;
  readonly url: string;
}

/** The stores of one service. */
export interface Stores extends AsyncDisposable {
  /** Whether callers are told of stores at all. */
  readonly isSeveral: boolean;
  /** Takes what is sent to no store in particular. */
  readonly default: ConfiguredStore;
  readonly all: readonly ConfiguredStore[];
  /** Those that take data. */
  readonly writable: readonly ConfiguredStore[];
  /** Reads what lies at URLs of others, where the operator wants that. */
  readonly web: ConfiguredStore | undefined;
  find(id: string): ConfiguredStore | undefined;
  /** What images say of their store: nothing while there is but one. */
  idOf(store: ConfiguredStore): string | null;
  /** The store of that id, or the default one. */
  named(id: string | null): ConfiguredStore;
  /**
   * The store that has the data of a place, undefined when it is none of these. What does not say its store, or one
   * that is no more, is in the default store or else in the first that takes the URL for its own.
   */
  of(place: Place): ConfiguredStore | undefined;
}

/** @param all the default one first; at least one */
export function storesOf(
  [first, ...rest]: readonly [ConfiguredStore, ...ConfiguredStore[]],
  isSeveral = rest.length > 0,
): Stores {
  const all = [first, ...rest];
  const byId = new Map(all.map((one) => [one.store.id, one]));
  return {
    isSeveral,
    default: first,
    all,
    writable: all.filter(({ type }) => type !== 'http'),
    web: all.find(({ type }) => type === 'http'),
    find: (id) => byId.get(id),
    idOf: ({ store }) => (isSeveral ? store.id : null),
    named: (id) => (id === null ? first : (byId.get(id) ?? first)),
    of: ({ store, url }) => byId.get(store ?? '') ?? all.find((one) => one.store.isLocation(url)),

    async [Symbol.asyncDispose]() {
      for (const { store } of all) await store[Symbol.asyncDispose]();
    },
  };
}
