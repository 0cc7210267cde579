import type { Database } from '../database/database.ts';
import { findImage } from '../database/images.ts';
import { findShare, listEnded, listUntold, noteTold } from '../database/shares.ts';
import { nobody } from '../domain/share-log.ts';
import type { Job } from './jobs.ts';
import type { ShareChanges } from './share-changes.ts';
import { recordShare } from './share-records.ts';

export interface ShareExpiryOptions {
  readonly database: Database;
  readonly changes: ShareChanges;
  /** How long before the end of a share both sides are told of it, ms. */
  readonly warning: number;
  readonly clock: () => Date;
}

/** Shares looked at between two looks at the table. */
const batchSize = 100;

/**
 * Tells of shares that will be over, and removes the rows of those that are. Access does not wait for it: that ends
 * with the moment itself.
 */
export function shareExpiryJob(options: ShareExpiryOptions): Job {
  const { database, changes } = options;

  async function removeEnded(signal: AbortSignal): Promise<void> {
    for (let full = true; full; ) {
      const ended = await listEnded(database.read, batchSize);
      full = ended.length === batchSize;
      for (const { imageId, projectId } of ended) {
        if (signal.aborted) return;
        await database.transaction(async (db) => {
          const seen = await findImage(db, imageId, null);
          if (seen) await changes.removeEnded(db, seen.image, projectId);
        });
      }
    }
  }

  return {
    name: 'share expiry',
    interval: 5000,
    failure: 'Shares that are over could not be removed; it is tried again.',
    async run(signal) {
      await removeEnded(signal);
      await tellOfEnds(options, signal);
    },
  };
}

async function tellOfEnds(
  { database, warning, clock }: ShareExpiryOptions,
  signal: AbortSignal,
): Promise<void> {
  const by = new Date(clock().getTime() + warning);
  for (let full = true; full; ) {
    const ending = await listUntold(database.read, by, batchSize);
    full = ending.length === batchSize;
    for (const one of ending) {
      if (signal.aborted) return;
      await database.transaction(async (db) => {
        const seen = await findImage(db, one.imageId, null);
        const share = await findShare(db, one.imageId, one.projectId);
        if (!(await noteTold(db, one)) || !seen || !share) return;
        const { projectId, expiresAt, withdrawal } = share;
        const details = { expires_at: expiresAt?.toISOString() ?? null, reason: withdrawal };
        const entry = { kind: 'ending', projectId, by: nobody, at: clock(), details } as const;
        await recordShare(db, seen.image, entry);
      });
    }
  }
}
