import { DomainError } from '../domain/errors.ts';
import type { FoundData } from '../domain/location-change.ts';
import { StoreError } from '../store/store.ts';
import type { Stores } from '../store/stores.ts';

/** @param field what the caller calls the URL, for messages @throws DomainError `InvalidRequest` */
export type LookAtUrl = (url: string, field: string) => Promise<FoundData>;

export interface LocationLooksOptions {
  readonly stores: Stores;
  /** Refuses a URL that may not be asked. @throws DomainError `InvalidRequest` */
  readonly checkUrl: (url: string, field: string) => Promise<void>;
}

/**
 * Looks whether data lies at a URL. Only the store of type `http` takes URLs of callers' choice: what other stores
 * have they have given out themselves, and nobody may name the data of another image.
 */
export function locationLooks({ stores, checkUrl }: LocationLooksOptions): LookAtUrl {
  return async (url, field) => {
    if (!stores.web) {
      throw new DomainError('InvalidRequest', `${field}: there is no store that reads URLs.`);
    }
    await checkUrl(url, field);
    const { store } = stores.web;
    try {
      await using reader = await store.open(url);
      if (reader.size > 0) return { store: store.id, size: reader.size };
    } catch (cause) {
      if (!(cause instanceof StoreError)) throw cause;
      const text = `${field}: the data cannot be read, or its size is not told.`;
      throw new DomainError('InvalidRequest', text, { cause });
    }
    throw new DomainError('InvalidRequest', `${field}: there is no data at the URL.`);
  };
}
