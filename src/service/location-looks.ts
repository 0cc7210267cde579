import { DomainError } from '../domain/errors.ts';
import type { FoundData } from '../domain/location-change.ts';
import { type HttpSource, headOnce } from '../store/http-reader.ts';
import type { Stores } from '../store/stores.ts';

/** @param field what the caller calls the URL, for messages @throws DomainError `InvalidRequest` */
export type LookAtUrl = (url: string, field: string) => Promise<FoundData>;

export interface LocationLooksOptions {
  readonly stores: Stores;
  /** Refuses a URL that may not be asked. @throws DomainError `InvalidRequest` */
  readonly checkUrl: (url: string, field: string) => Promise<void>;
  /** Asks hosts for what a caller calls so. */
  readonly sourceFor: (field: string) => HttpSource;
  /** How long a look may take in all, ms: a caller waits for it. */
  readonly patience?: number;
}

const usualPatience = 10_000;

/**
 * Looks whether data lies at a URL. Only the store of type `http` takes URLs of callers' choice: what other stores
 * have they have given out themselves, and nobody may name the data of another image. A host is asked once.
 */
export function locationLooks(options: LocationLooksOptions): LookAtUrl {
  const { stores, checkUrl, sourceFor, patience = usualPatience } = options;
  return async (url, field) => {
    if (!stores.web) {
      throw new DomainError('InvalidRequest', `${field}: there is no store that reads URLs.`);
    }
    const signal = AbortSignal.timeout(patience);
    await checkUrl(url, field);
    const size = await sizeAt(sourceFor(field), url, { field, signal });
    if (size > 0) return { store: stores.web.store.id, size };
    throw new DomainError('InvalidRequest', `${field}: there is no data at the URL.`);
  };
}

async function sizeAt(
  source: HttpSource,
  url: string,
  { field, signal }: { readonly field: string; readonly signal: AbortSignal },
): Promise<number> {
  let cause: unknown;
  try {
    const { size } = await headOnce(source, url, signal);
    if (size !== undefined) return size;
  } catch (error) {
    cause = error;
  }
  const text = `${field}: the data cannot be read, or its size is not told.`;
  throw new DomainError('InvalidRequest', text, { cause });
}
