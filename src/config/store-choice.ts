import type { StoreEntry } from './store-list.ts';
import { type RemoteStoreSettings, remoteStoreOf, type StoreConfig } from './stores.ts';

/** A store that the service is to have. */
export interface ChosenStore extends Pick<StoreEntry, 'id' | 'type' | 'description' | 'weight'> {
  /** How to reach it; undefined for files. */
  readonly remote: RemoteStoreSettings | undefined;
  /** The folder of a store of files; empty for the usual one. */
  readonly directory: string;
}

interface StoresConfig extends StoreConfig {
  readonly filesystemStoreDatadir: string;
  readonly stores: readonly StoreEntry[];
}

/**
 * The stores of a configuration, the default one first: those of its list, or the one of `store`.
 *
 * @param tell takes what is wrong with them
 */
export function chosenStores(
  config: StoresConfig,
  tell: (problem: string) => void,
): readonly ChosenStore[] {
  const { stores, store: type, filesystemStoreDatadir: directory } = config;
  if (stores.length === 0) {
    const remote = remoteStoreOf(config, tell);
    return [{ id: type, type, description: '', weight: 0, remote, directory }];
  }
  const chosen = stores.map(({ own, ...entry }) => {
    const tellOf = (problem: string) => tell(`stores: ${entry.id}: ${problem}`);
    const settings = { ...config, ...own };
    const store = entry.type === 'http' ? 'file' : entry.type;
    const remote = remoteStoreOf({ ...settings, store }, tellOf);
    return { ...entry, remote, directory: settings.filesystemStoreDatadir };
  });
  tellSharedPlaces(chosen, tell);
  const first =
    chosen.find(({ isDefault }) => isDefault) ?? chosen.find(({ type }) => type !== 'http');
  return first ? [first, ...chosen.filter((one) => one !== first)] : chosen;
}

/** Each store removes what is unfinished in its place, and must be alone there. */
function tellSharedPlaces(stores: readonly ChosenStore[], tell: (problem: string) => void): void {
  const owners = new Map<string, string>();
  for (const store of stores) {
    const place = placeOf(store);
    if (place === undefined) continue;
    const other = owners.get(place);
    if (other !== undefined) {
      tell(`stores: ${store.id}: has the same place as ${other}; each store has one of its own.`);
    }
    owners.set(place, store.id);
  }
}

function placeOf({ type, remote, directory }: ChosenStore): string | undefined {
  if (type === 'file') return `file ${directory}`;
  // Two would not be told apart by what they are asked for.
  if (type === 'http') return 'http';
  if (remote?.kind === 's3') return `s3 ${remote.endpoint} ${remote.bucket} ${remote.prefix}`;
  if (remote?.kind === 'swift') {
    const { user } = remote.credentials;
    return `swift ${remote.authUrl} ${remote.storageUrl} ${user} ${remote.container}`;
  }
  return undefined;
}
