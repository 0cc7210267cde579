import type { Selectable } from 'kysely';
import type { ShareGroup } from '../domain/share-group.ts';
import type { Connection } from './database.ts';
import { isPostgres } from './dialect.ts';
import type { ShareGroupRow } from './family-tables.ts';

/** The groups of a project, by name. */
export async function listGroups(db: Connection, owner: string): Promise<readonly ShareGroup[]> {
  const rows = await db
    .selectFrom('share_groups')
    .selectAll()
    .where('owner', '=', owner)
    .orderBy('name')
    .execute();
  return rows.map(groupFromRow);
}

/** The group of that name; within a transaction it stays as it is until that ends. */
export async function findGroup(
  db: Connection,
  owner: string,
  name: string,
): Promise<ShareGroup | undefined> {
  const found = db
    .selectFrom('share_groups')
    .selectAll()
    .where('owner', '=', owner)
    .where('name', '=', name);
  const isLocking = db.isTransaction && isPostgres(db);
  const row = await (isLocking ? found.forUpdate() : found).executeTakeFirst();
  return row && groupFromRow(row);
}

/** Keeps a group, or what is said of one that there is. */
export async function putGroup(db: Connection, group: ShareGroup): Promise<void> {
  const { id, owner, name, note, createdAt } = group;
  await db
    .insertInto('share_groups')
    .values({ id, owner, name, note, created_at: createdAt.getTime() })
    .onConflict((conflict) => conflict.columns(['owner', 'name']).doUpdateSet({ note }))
    .execute();
}

export async function deleteGroup(db: Connection, { id }: Pick<ShareGroup, 'id'>): Promise<void> {
  await db.deleteFrom('share_groups').where('id', '=', id).execute();
}

/** Who is in a group, and what it is given; each in one order for everybody. */
export interface GroupContent {
  readonly members: readonly string[];
  readonly images: readonly string[];
}

export async function listGroupContent(db: Connection, groupId: string): Promise<GroupContent> {
  const members = await db
    .selectFrom('share_group_members')
    .select('project_id')
    .where('group_id', '=', groupId)
    .orderBy('project_id')
    .execute();
  const images = await db
    .selectFrom('share_group_images')
    .select('image_id')
    .where('group_id', '=', groupId)
    .orderBy('image_id')
    .execute();
  return {
    members: members.map((row) => row.project_id),
    images: images.map((row) => row.image_id),
  };
}

export async function insertGroupMember(
  db: Connection,
  groupId: string,
  projectId: string,
): Promise<void> {
  await db
    .insertInto('share_group_members')
    .values({ group_id: groupId, project_id: projectId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Takes a project out of a group; whether it was in there. */
export async function deleteGroupMember(
  db: Connection,
  groupId: string,
  projectId: string,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('share_group_members')
    .where('group_id', '=', groupId)
    .where('project_id', '=', projectId)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

export async function insertGroupImage(
  db: Connection,
  groupId: string,
  imageId: string,
): Promise<void> {
  await db
    .insertInto('share_group_images')
    .values({ group_id: groupId, image_id: imageId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Takes an image out of a group; whether it was in there. */
export async function deleteGroupImage(
  db: Connection,
  groupId: string,
  imageId: string,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('share_group_images')
    .where('group_id', '=', groupId)
    .where('image_id', '=', imageId)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

function groupFromRow(row: Selectable<ShareGroupRow>): ShareGroup {
  const { id, owner, name, note } = row;
  return { id, owner, name, note, createdAt: new Date(row.created_at) };
}
