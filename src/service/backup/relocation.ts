import type { Relocate } from '../../database/relocation.ts';
import type { ConfiguredStore, Stores } from '../../store/stores.ts';
import type { KeptData } from './format.ts';

export interface RelocationOptions {
  /** What the backup has. */
  readonly list: ReadonlyMap<string, Pick<KeptData, 'id' | 'store'>>;
  /** Where the data of each store goes, by the stores' ids as the backup has them. */
  readonly places: ReadonlyMap<string, ConfiguredStore>;
}

/**
 * Says where data is once it was restored: it keeps its id wherever it goes. A record that does not name its store means
 * one that has data of that id and that no other place of the same image names.
 */
export function relocation(
  stores: Pick<Stores, 'idOf'>,
  { list, places }: RelocationOptions,
): Relocate {
  const storesById = Map.groupBy(list.values(), ({ id }) => id);
  const [only] = places.size === 1 ? places.values() : [];
  return (location, others) => {
    const id = idIn(location.url);
    if (id === undefined) return location;
    const named = new Set(others.map((other) => (idIn(other.url) === id ? other.store : null)));
    const kept = storesById.get(id) ?? [];
    const known = location.store ?? (kept.find(({ store }) => !named.has(store)) ?? kept[0])?.store;
    const place = known === undefined ? only : places.get(known);
    if (!place) return location;
    return { store: stores.idOf(place), url: place.store.locationOf(id) };
  };
}

function idIn(url: string): string | undefined {
  return /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.exec(url)?.[0];
}
