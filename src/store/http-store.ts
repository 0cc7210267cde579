import { type HttpSource, httpReader, shown } from './http-reader.ts';
import { type Location, type Store, StoreError } from './store.ts';

export interface HttpStoreOptions {
  readonly id: string;
  /** Asks hosts, as far as they may be asked. */
  readonly source: HttpSource;
}

/**
 * Data that lies at URLs of other hosts: it is read from there, and neither put nor removed. Whose URL it is, and
 * whether it may be asked, is for the source to say, each time.
 */
export function httpStore({ id, source }: HttpStoreOptions): Store {
  const refuse = () => new StoreError('ReadOnly', `Store ${id} takes no data; it is for reading.`);

  function checked(location: Location): Location {
    if (isUrl(location)) return location;
    throw new StoreError('NotFound', `${shown(location)} is not in ${id}.`);
  }

  return {
    id,

    // Each location has a host of its own; one that is away says nothing of the others.
    async check() {},

    async put() {
      throw refuse();
    },

    locationOf() {
      throw refuse();
    },

    isLocation: isUrl,
    open: async (location) => await httpReader(source, checked(location)),

    // The data is its host's; here it is forgotten, which is all that there is to do.
    async delete(location) {
      checked(location);
    },

    async discard() {},
    async sweep() {},

    // Nobody can tell what hosts have.
    async *list() {},

    dataIdOf: checked,
    async [Symbol.asyncDispose]() {},
  };
}

function isUrl(location: Location): boolean {
  return /^https?:\/\//i.test(location);
}
