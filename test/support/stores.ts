import type { Store } from '../../src/store/store.ts';
import { type Stores, storesOf } from '../../src/store/stores.ts';

/** The one store of a service. */
export function onlyStore(store: Store): Stores {
  const rest = { description: '', weight: 0, properties: {} };
  return storesOf([{ store, type: 'file', ...rest }]);
}
