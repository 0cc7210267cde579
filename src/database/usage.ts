import type { InsertResult, Selectable } from 'kysely';
import { countedBytes } from '../domain/location.ts';
import type { Usage } from '../domain/quota.ts';
import type { Connection } from './database.ts';
import { imageFromRow } from './image-rows.ts';
import { lockUsage } from './locks.ts';
import { prepared } from './prepared.ts';
import type { ProjectUsageRow } from './quota-tables.ts';

const nothing: Usage = { images: 0, bytes: 0, stagedBytes: 0, uploads: 0 };

const selectUsage = prepared<{ projectId: string }, Selectable<ProjectUsageRow>>((db, value) =>
  db.selectFrom('project_usage').selectAll().where('project_id', '=', value('projectId')),
);

/**
 * What a project has; one row is read, however much it is. Within a transaction it stays what it is until that ends.
 */
export async function findUsage(db: Connection, projectId: string): Promise<Usage> {
  await lockUsage(db, projectId);
  const { rows } = await selectUsage(db, { projectId });
  const [row] = rows;
  if (!row) return nothing;
  const { images, bytes, staged_bytes: stagedBytes, uploads } = row;
  return { images, bytes, stagedBytes, uploads };
}

const addToRow = prepared<Usage & { projectId: string }, InsertResult>((db, value) =>
  db
    .insertInto('project_usage')
    .values({
      project_id: value('projectId'),
      images: value('images'),
      bytes: value('bytes'),
      staged_bytes: value('stagedBytes'),
      uploads: value('uploads'),
    })
    .onConflict((conflict) =>
      conflict.column('project_id').doUpdateSet((eb) => ({
        images: eb('project_usage.images', '+', eb.ref('excluded.images')),
        bytes: eb('project_usage.bytes', '+', eb.ref('excluded.bytes')),
        staged_bytes: eb('project_usage.staged_bytes', '+', eb.ref('excluded.staged_bytes')),
        uploads: eb('project_usage.uploads', '+', eb.ref('excluded.uploads')),
      })),
    ),
);

/**
 * Adds to what a project has, or takes from it by negative numbers; to be called in the transaction
 * of the change that it counts. What has no owner counts nowhere.
 */
export async function addUsage(
  db: Connection,
  projectId: string | null,
  change: Partial<Usage>,
): Promise<void> {
  if (projectId !== null) await addToRow(db, { ...nothing, ...change, projectId });
}

/** Counts anew what a project has, by what there is now; to be called in a transaction. */
export async function recountUsage(db: Connection, projectId: string): Promise<void> {
  // Whoever changes something of the project waits here, or has added what it changed.
  await findUsage(db, projectId);
  const usage = { images: 0, bytes: 0, staged_bytes: 0, uploads: 0 };
  const images = await db.selectFrom('images').selectAll().where('owner', '=', projectId).execute();
  for (const image of images.map(imageFromRow)) {
    usage.images += 1;
    usage.bytes += countedBytes(image);
  }
  const deleted = await db
    .selectFrom('pending_deletes')
    .select('size')
    .where('owner', '=', projectId)
    .execute();
  usage.images += deleted.length;
  for (const { size } of deleted) usage.bytes += size;
  for (const table of ['upload_reservations', 'image_imports'] as const) {
    const coming = await db
      .selectFrom(table)
      .select(['bytes', 'staged_bytes'])
      .where('project_id', '=', projectId)
      .execute();
    for (const { bytes, staged_bytes } of coming) {
      usage.bytes += bytes;
      usage.staged_bytes += staged_bytes;
      usage.uploads += 1;
    }
  }
  const resumable = await db
    .selectFrom('uploads')
    .select('bytes')
    .where('image_owner', '=', projectId)
    .where('is_done', '=', 0)
    .execute();
  usage.uploads += resumable.length;
  for (const { bytes } of resumable) usage.bytes += bytes;
  await db
    .insertInto('project_usage')
    .values({ project_id: projectId, ...usage })
    .onConflict((conflict) => conflict.column('project_id').doUpdateSet(usage))
    .execute();
}
