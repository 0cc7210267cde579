import type { StoreInfo } from '../domain/store-info.ts';

/** Writes which stores there are. `default` and `read-only` are text, and only stores that are it have them. @see Images API v2, "Stores" */
export function storesDocument(stores: readonly StoreInfo[]) {
  return { stores: stores.map(storeEntry) };
}

/** Writes all that admins are told of stores. @see Images API v2, "Stores", in detail */
export function storesDetailDocument(stores: readonly StoreInfo[]) {
  return {
    stores: stores.map((store) => ({
      ...storeEntry(store),
      type: store.type,
      weight: store.weight,
      properties: store.properties,
    })),
  };
}

function storeEntry({ id, description, isDefault, isReadOnly }: StoreInfo) {
  return {
    id,
    ...(description !== '' && { description }),
    ...(isDefault && { default: 'true' }),
    ...(isReadOnly && { 'read-only': 'true' }),
  };
}
