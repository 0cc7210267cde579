import type { Hashers } from '../hashing.ts';
import { checkImageId, isImageId } from '../image-id.ts';
import { isGiven, type Store, StoreError } from '../store.ts';
import type { ObjectNames } from './object-names.ts';
import { putObject } from './object-put.ts';
import { objectReader } from './object-reader.ts';
import type { ObjectServer } from './object-server.ts';
import { partMemories } from './part-memory.ts';
import { withRetries } from './retries.ts';
import { sharedFetches } from './shared-fetches.ts';
import { turnsByName } from './turns.ts';

export interface ObjectStoreOptions {
  readonly id: string;
  /** Belongs to the store, which ends it. */
  readonly server: ObjectServer;
  readonly names: ObjectNames;
  /** Bytes of a part, unless the data is so large that there would be too many. An upload holds three of them. */
  readonly partSize: number;
  /** Milliseconds for which the server may be silent while data is read. */
  readonly timeout: number;
  readonly hashers: Hashers;
}

/** Keeps each image in one object. Its place on the server belongs to one process at a time. */
export function objectStore(options: ObjectStoreOptions): Store {
  const { id, server, names, partSize, timeout } = options;
  const context = { ...options, newMemory: partMemories(partSize), inTurn: turnsByName() };
  const fetches = sharedFetches({ server, timeout });

  return {
    id,

    async check() {
      await withRetries(() => server.check());
    },

    async put(imageId, data, putOptions) {
      checkImageId(imageId);
      const received = await putObject(context, imageId, data, putOptions);
      return { location: names.location(imageId), ...received };
    },

    locationOf(imageId) {
      checkImageId(imageId);
      return names.location(imageId);
    },

    isLocation: (location) => isGiven((one) => names.at(one), location),

    async open(location) {
      const imageId = names.at(location);
      const head = await withRetries(() => server.head(imageId));
      if (!head) throw new StoreError('NotFound', 'There is no data at the location.');
      return objectReader(fetches, { imageId, head });
    },

    async delete(location) {
      const imageId = names.at(location);
      await withRetries(() => server.delete(imageId));
    },

    async discard(imageId) {
      checkImageId(imageId);
      await withRetries(() => server.discardParts(imageId));
      await withRetries(() => server.delete(imageId));
    },

    async sweep() {
      await withRetries(() => server.sweep());
    },

    // What has other names is of others, who may share the place.
    async *list() {
      for await (const { imageId, isWhole, size, changedAt } of server.list()) {
        if (!isImageId(imageId)) continue;
        const kind = isWhole ? 'whole' : 'partial';
        yield { kind, dataId: imageId, name: imageId, size, changedAt };
      }
    },

    dataIdOf: (location) => names.at(location),

    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
