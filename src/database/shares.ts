import { type Selectable, sql } from 'kysely';
import type { Share, ShareTerms } from '../domain/share.ts';
import type { Connection } from './database.ts';
import { isUnkeepable } from './dialect.ts';
import type { DownloadSum } from './image-downloads.ts';
import type { ImageMemberRow } from './image-tables.ts';
import { never } from './members.ts';

type ShareRow = Omit<
  Selectable<ImageMemberRow>,
  'image_created_at' | 'image_owner' | 'image_visibility' | 'warned'
>;

/** The columns that a share is made of. */
export const shareColumns = [
  ...(['id', 'image_id', 'project_id', 'status', 'created_at', 'updated_at'] as const),
  ...(['note', 'expires_at', 'set_aside', 'withdrawal'] as const),
] as const;

/** Every share of an image that still holds, in order of adding. */
export async function listShares(db: Connection, imageId: string): Promise<readonly Share[]> {
  const rows = await db
    .selectFrom('image_members')
    .select(shareColumns)
    .where('image_id', '=', imageId)
    .where('expires_at', '>', Date.now())
    .orderBy('id')
    .execute();
  return rows.map(shareFromRow);
}

/** The share of an image with one project, if it still holds. */
export async function findShare(
  db: Connection,
  imageId: string,
  projectId: string,
): Promise<Share | undefined> {
  if (isUnkeepable(db, projectId)) return undefined;
  const row = await db
    .selectFrom('image_members')
    .select(shareColumns)
    .where('image_id', '=', imageId)
    .where('project_id', '=', projectId)
    .where('expires_at', '>', Date.now())
    .executeTakeFirst();
  return row && shareFromRow(row);
}

/** A share with what its project has downloaded. */
export interface OwnedShare {
  readonly share: Share;
  readonly downloaded: Omit<DownloadSum, 'lastAt'> & { readonly lastAt: Date | null };
}

export interface OwnedAsked {
  /** Whose images they are. */
  readonly owner: string;
  /** Undefined for all. */
  readonly images: readonly string[] | undefined;
  readonly projects: readonly string[] | undefined;
  /** Whether those that are withdrawn with notice already are left out. */
  readonly isNoticed: boolean;
  readonly limit: number;
}

/** Shares of an owner's images that still hold, in one order for everybody. */
export async function listOwnedShares(
  db: Connection,
  { owner, images, projects, isNoticed, limit }: OwnedAsked,
): Promise<readonly OwnedShare[]> {
  const rows = await db
    .selectFrom('image_members')
    .leftJoin('image_downloads as got', (join) =>
      join
        .onRef('got.image_id', '=', 'image_members.image_id')
        .onRef('got.project_id', '=', 'image_members.project_id'),
    )
    .select(shareColumns.map((column) => `image_members.${column}` as const))
    .select(['got.last_at', 'got.downloads', 'got.bytes'])
    .where('image_owner', '=', owner)
    .where('image_visibility', '=', 'shared')
    .where('expires_at', '>', Date.now())
    .$if(images !== undefined, (query) => query.where('image_members.image_id', 'in', images ?? []))
    .$if(projects !== undefined, (query) =>
      query.where('image_members.project_id', 'in', projects ?? []),
    )
    .$if(isNoticed, (query) => query.where('withdrawal', 'is', null))
    .orderBy('image_members.image_id')
    .orderBy('image_members.project_id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    share: shareFromRow(row),
    downloaded: {
      lastAt: row.last_at === null ? null : new Date(row.last_at),
      downloads: row.downloads ?? 0,
      bytes: row.bytes ?? 0,
    },
  }));
}

/** Saves what an owner says of a share; of its end is told anew. */
export async function updateTerms(
  db: Connection,
  { imageId, projectId }: Pick<Share, 'imageId' | 'projectId'>,
  { note, expiresAt, withdrawal }: ShareTerms & Pick<Share, 'withdrawal'>,
): Promise<void> {
  await db
    .updateTable('image_members')
    .set({ note, expires_at: expiresAt?.getTime() ?? never, withdrawal, warned: 0 })
    .where('image_id', '=', imageId)
    .where('project_id', '=', projectId)
    .execute();
}

/** Takes a pending share out of its consumer's inbox. */
export async function setAside(
  db: Connection,
  { imageId, projectId }: Pick<Share, 'imageId' | 'projectId'>,
  at: Date,
): Promise<void> {
  await db
    .updateTable('image_members')
    .set({ status: 'pending', set_aside: 1, updated_at: at.getTime() })
    .where('image_id', '=', imageId)
    .where('project_id', '=', projectId)
    .execute();
}

/** Removes the row of a share that is over, and gives it; undefined when there is none. */
export async function deleteEnded(
  db: Connection,
  imageId: string,
  projectId: string,
): Promise<Share | undefined> {
  const row = await db
    .deleteFrom('image_members')
    .where('image_id', '=', imageId)
    .where('project_id', '=', projectId)
    .where('expires_at', '<=', Date.now())
    .returning(shareColumns)
    .executeTakeFirst();
  return row && shareFromRow(row);
}

/** Whose share is over, or will be soon. */
type Ending = Pick<Share, 'imageId' | 'projectId'>;

/** Shares that are over, whose rows are still there. */
export async function listEnded(db: Connection, limit: number): Promise<readonly Ending[]> {
  return await listEnding(db, { by: new Date(), limit, onlyUntold: false });
}

/** Shares that will be over by then, and of which that has not been told. */
export async function listUntold(
  db: Connection,
  by: Date,
  limit: number,
): Promise<readonly Ending[]> {
  return await listEnding(db, { by, limit, onlyUntold: true });
}

interface EndingAsked {
  readonly by: Date;
  readonly limit: number;
  readonly onlyUntold: boolean;
}

async function listEnding(db: Connection, { by, limit, onlyUntold }: EndingAsked) {
  const ending = db
    .selectFrom('image_members')
    .select(['image_id', 'project_id'])
    // As the index says it.
    .where('expires_at', '<', sql.lit(never))
    .where('expires_at', '<=', by.getTime())
    .orderBy('expires_at')
    .limit(limit);
  const rows = await (onlyUntold ? ending.where('warned', '=', 0) : ending).execute();
  return rows.map((row) => ({ imageId: row.image_id, projectId: row.project_id }));
}

/** Notes that it was told that a share will be over; false when it was told before. */
export async function noteTold(db: Connection, { imageId, projectId }: Ending): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('image_members')
    .set({ warned: 1 })
    .where('image_id', '=', imageId)
    .where('project_id', '=', projectId)
    .where('warned', '=', 0)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** A share from its row. */
export function shareFromRow(row: ShareRow): Share {
  return {
    imageId: row.image_id,
    projectId: row.project_id,
    status: row.status,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
    note: row.note,
    expiresAt: row.expires_at === never ? null : new Date(row.expires_at),
    setAside: row.set_aside === 1,
    withdrawal: row.withdrawal,
  };
}
