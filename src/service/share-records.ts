import { randomUUID } from 'node:crypto';
import type { Connection } from '../database/database.ts';
import { isMuted } from '../database/muted-producers.ts';
import { insertProjectEvents } from '../database/project-events.ts';
import { appendShareLog } from '../database/share-log.ts';
import type { Image } from '../domain/image.ts';
import { eventsOf } from '../domain/project-event.ts';
import type { ShareEntry } from '../domain/share-log.ts';

/**
 * Writes what happened to shares of an image into its log, and for both sides to be told of, in the transaction
 * of the change. The image is locked by it.
 */
export async function recordShare(
  db: Connection,
  image: Pick<Image, 'id' | 'name' | 'owner'>,
  ...entries: readonly ShareEntry[]
): Promise<void> {
  await appendShareLog(db, image.id, entries);
  for (const entry of entries) {
    const muted = image.owner !== null && (await isMuted(db, entry.projectId, image.owner));
    await insertProjectEvents(db, eventsOf(entry, image, { id: randomUUID(), isMuted: muted }));
  }
}
