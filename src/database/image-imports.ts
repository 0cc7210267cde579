import type { Selectable } from 'kysely';
import type { StagedData } from '../domain/location.ts';
import type { Connection } from './database.ts';
import type { ImageImportRow } from './import-tables.ts';
import { addUsage } from './usage.ts';

/** What is known of an image whose data is staged or being imported. */
export interface ImageImport {
  readonly imageId: string;
  readonly projectId: string | null;
  /** Set aside for the copies that are to come, bytes. */
  readonly bytes: number;
  readonly stagedBytes: number;
  /** Undefined until it is whole, and once it is the image's. */
  readonly staged: StagedData | undefined;
  /** The disk format of the image before its data was converted; undefined when it was not. */
  readonly formerFormat?: string | undefined;
}

function importFromRow(row: Selectable<ImageImportRow>): ImageImport {
  const { store, url, size, checksum, sha512 } = row;
  const isStaged = url !== null && size !== null && checksum !== null && sha512 !== null;
  return {
    imageId: row.image_id,
    projectId: row.project_id,
    bytes: row.bytes,
    stagedBytes: row.staged_bytes,
    staged: isStaged
      ? {
          ...{ store, url, size, checksum, sha512 },
          checkedAs: row.checked_as,
          virtualSize: row.virtual_size,
        }
      : undefined,
    formerFormat: row.disk_format ?? undefined,
  };
}

/** Notes an image whose data is staged, or comes in by an import: it counts as an upload from now on. */
export async function insertImageImport(
  db: Connection,
  { imageId, projectId, bytes, stagedBytes, staged }: ImageImport,
): Promise<void> {
  await db
    .insertInto('image_imports')
    .values({
      image_id: imageId,
      project_id: projectId,
      bytes,
      staged_bytes: stagedBytes,
      ...stagedToRow(staged),
    })
    .execute();
  await addUsage(db, projectId, { uploads: 1, bytes, stagedBytes });
}

function stagedToRow(staged: StagedData | undefined) {
  return {
    store: staged?.store ?? null,
    url: staged?.url ?? null,
    size: staged?.size ?? null,
    checksum: staged?.checksum ?? null,
    sha512: staged?.sha512 ?? null,
    checked_as: staged?.checkedAs ?? null,
    virtual_size: staged?.virtualSize ?? null,
  };
}

/** What is staged or being imported for an image. */
export async function findImageImport(
  db: Connection,
  imageId: string,
): Promise<ImageImport | undefined> {
  const row = await db
    .selectFrom('image_imports')
    .selectAll()
    .where('image_id', '=', imageId)
    .executeTakeFirst();
  return row && importFromRow(row);
}

/** Saves what has become of an import; what it sets aside changes with it. */
export async function updateImageImport(
  db: Connection,
  before: ImageImport,
  change: Partial<Pick<ImageImport, 'bytes' | 'formerFormat' | 'stagedBytes' | 'staged'>>,
): Promise<ImageImport> {
  const after = { ...before, ...change };
  await db
    .updateTable('image_imports')
    .set({
      bytes: after.bytes,
      staged_bytes: after.stagedBytes,
      disk_format: after.formerFormat ?? null,
      ...stagedToRow(after.staged),
    })
    .where('image_id', '=', before.imageId)
    .execute();
  await addUsage(db, before.projectId, {
    bytes: after.bytes - before.bytes,
    stagedBytes: after.stagedBytes - before.stagedBytes,
  });
  return after;
}

/** Forgets an import that has ended, and gives back what was set aside for it. */
export async function deleteImageImport(
  db: Connection,
  { imageId, projectId, bytes, stagedBytes }: ImageImport,
): Promise<void> {
  await db.deleteFrom('image_imports').where('image_id', '=', imageId).execute();
  await addUsage(db, projectId, { uploads: -1, bytes: -bytes, stagedBytes: -stagedBytes });
}

/** Data on its way into a store. */
export interface ImportData {
  /** By which the store knows it. */
  readonly id: string;
  readonly store: string | null;
}

/** Notes, before the first byte, that a task brings data into a store. */
export async function insertImportData(
  db: Connection,
  { id, store }: ImportData,
  taskId: string,
): Promise<void> {
  await db.insertInto('import_data').values({ id, store, task_id: taskId }).execute();
}

/** What a task has begun to bring in and has not ended. */
export async function listImportData(
  db: Connection,
  taskId: string,
): Promise<readonly ImportData[]> {
  return await db
    .selectFrom('import_data')
    .select(['id', 'store'])
    .where('task_id', '=', taskId)
    .execute();
}

/** Data of tasks that are over, or forgotten, without having removed it. */
export async function listForgottenData(db: Connection): Promise<readonly ImportData[]> {
  return await db
    .selectFrom('import_data')
    .leftJoin('tasks', 'tasks.id', 'import_data.task_id')
    .select(['import_data.id', 'import_data.store'])
    .where((eb) =>
      eb.or([eb('tasks.status', 'is', null), eb('tasks.status', 'in', ['success', 'failure'])]),
    )
    .execute();
}

/** Forgets data that is somebody's now, or removed; whether it was noted. */
export async function deleteImportData(db: Connection, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('import_data')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}
