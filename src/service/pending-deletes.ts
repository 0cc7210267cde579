import type { Database } from '../database/database.ts';
import {
  deletePendingDelete,
  listPendingDeletes,
  restorePendingDelete,
} from '../database/pending-deletes.ts';
import { type Caller, isAdmin } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import { imageEvent } from '../domain/event.ts';
import type { Image } from '../domain/image.ts';
import type { Events } from './events.ts';
import type { Job } from './jobs.ts';
import { imageNotFound } from './seen-image.ts';
import type { UnwantedData } from './unwanted-data.ts';

export interface PendingDeletesOptions {
  readonly database: Database;
  readonly unwantedData: UnwantedData;
  readonly events: Events;
  /** How long a deleted image can be restored, ms. */
  readonly scrubTime: number;
  /** How often is looked for images whose time is over, ms. */
  readonly wakeupTime: number;
  readonly clock: () => Date;
}

/** Deleted images whose data is kept for a while. @see Glance's delayed delete and its scrubber */
export interface PendingDeletes {
  /** Brings a deleted image back as it was, its members too. @throws DomainError `NotPermitted` `ImageNotFound` */
  restore(caller: Caller, imageId: string): Promise<Image>;
  /** Gives up what was deleted long enough ago. */
  readonly job: Job;
}

/** Images given up between two looks at the table. */
const batchSize = 100;

export function pendingDeletesService(options: PendingDeletesOptions): PendingDeletes {
  const { database, events, clock } = options;
  return {
    async restore(caller, imageId) {
      if (caller.scope !== 'project' || !isAdmin(caller)) {
        throw new DomainError('NotPermitted', 'Only an admin may restore a deleted image.');
      }
      return await database.transaction(async (db) => {
        const image = await restorePendingDelete(db, imageId, clock());
        if (!image) throw imageNotFound(imageId);
        await events.record(db, imageEvent('image.update', image));
        return image;
      });
    },

    job: {
      name: 'scrubbing',
      interval: options.wakeupTime,
      failure: 'Deleted images could not be scrubbed; it is tried again.',
      run: (signal) => scrub(options, signal),
    },
  };
}

async function scrub(
  { database, clock, scrubTime, unwantedData }: PendingDeletesOptions,
  signal: AbortSignal,
): Promise<void> {
  const before = new Date(clock().getTime() - scrubTime);
  for (let full = true; full; ) {
    const ids = await listPendingDeletes(database.read, before, batchSize);
    full = ids.length === batchSize;
    for (const id of ids) {
      signal.throwIfAborted();
      const locations = await database.transaction((db) => deletePendingDelete(db, id));
      for (const location of locations) unwantedData.remove(location);
    }
  }
}
