import type { Selectable } from 'kysely';
import {
  type Family,
  type FamilyMember,
  type FamilyVersion,
  mostVersions,
} from '../domain/family.ts';
import type { Sight } from '../domain/member.ts';
import type { Connection } from './database.ts';
import { isPostgres } from './dialect.ts';
import type { FamilyRow, FamilyVersionRow } from './family-tables.ts';

/** The family of that name; within a transaction it stays as it is until that ends. */
export async function findFamily(
  db: Connection,
  owner: string,
  name: string,
): Promise<Family | undefined> {
  const found = db
    .selectFrom('families')
    .selectAll()
    .where('owner', '=', owner)
    .where('name', '=', name);
  const isLocking = db.isTransaction && isPostgres(db);
  const row = await (isLocking ? found.forUpdate() : found).executeTakeFirst();
  return row && familyFromRow(row);
}

/** Families that a project owns, or is a member of, behind an id. */
export async function listFamilies(
  db: Connection,
  {
    side,
    projectId,
    after,
    limit,
  }: {
    readonly side: 'own' | 'shared';
    readonly projectId: string;
    readonly after: string;
    readonly limit: number;
  },
): Promise<readonly Family[]> {
  const all = db
    .selectFrom('families')
    .selectAll('families')
    .where('families.id', '>', after)
    .orderBy('families.id')
    .limit(limit);
  const asked =
    side === 'own'
      ? all.where('owner', '=', projectId)
      : all
          .innerJoin('family_members', 'family_members.family_id', 'families.id')
          .where('family_members.project_id', '=', projectId);
  return (await asked.execute()).map(familyFromRow);
}

/** How many families a project owns. */
export async function countFamilies(db: Connection, owner: string): Promise<number> {
  const { count } = await db
    .selectFrom('families')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('owner', '=', owner)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Keeps a new family; one of that name stays as it is. */
export async function insertFamily(db: Connection, family: Family): Promise<void> {
  await db
    .insertInto('families')
    .values({
      id: family.id,
      owner: family.owner,
      name: family.name,
      current: family.current,
      updated_at: family.updatedAt.getTime(),
    })
    .onConflict((conflict) => conflict.columns(['owner', 'name']).doNothing())
    .execute();
}

/** Makes a version the current one. */
export async function setCurrent(
  db: Connection,
  { id }: Pick<Family, 'id'>,
  { current, at }: { readonly current: number; readonly at: Date },
): Promise<void> {
  await db
    .updateTable('families')
    .set({ current, updated_at: at.getTime() })
    .where('id', '=', id)
    .execute();
}

/** Removes a family; its images stay. */
export async function deleteFamily(db: Connection, { id }: Pick<Family, 'id'>): Promise<void> {
  await db.deleteFrom('families').where('id', '=', id).execute();
}

/** The versions of a family whose images are there, the newest first. */
export async function listVersions(
  db: Connection,
  familyId: string,
): Promise<readonly FamilyVersion[]> {
  const rows = await db
    .selectFrom('family_versions')
    .selectAll()
    .where('family_id', '=', familyId)
    .orderBy('number', 'desc')
    .execute();
  return rows.map(versionFromRow);
}

/** Of the images of a family's versions: what decides whether that project sees them. */
export async function listSights(
  db: Connection,
  familyId: string,
  { projectId, now }: { readonly projectId: string; readonly now: Date },
): Promise<ReadonlyMap<string, Sight>> {
  const rows = await db
    .selectFrom('family_versions')
    .innerJoin('images', 'images.id', 'family_versions.image_id')
    .leftJoin('image_members', (join) =>
      join
        .onRef('image_members.image_id', '=', 'images.id')
        .on('image_members.project_id', '=', projectId)
        .on('image_members.expires_at', '>', now.getTime()),
    )
    .select(['images.id', 'images.owner', 'images.visibility', 'image_members.status'])
    .where('family_id', '=', familyId)
    .execute();
  return new Map(
    rows.map(({ id, owner, visibility, status }) => [
      id,
      { image: { owner, visibility }, membership: status ?? undefined },
    ]),
  );
}

/** Adds a version, and forgets those that are too many. */
export async function insertVersion(
  db: Connection,
  familyId: string,
  version: FamilyVersion,
): Promise<void> {
  await db
    .insertInto('family_versions')
    .values({
      family_id: familyId,
      number: version.number,
      image_id: version.imageId,
      previous: version.previous,
      by_user: version.byUser,
      promoted_at: version.promotedAt.getTime(),
      deprecated_at: version.deprecatedAt?.getTime() ?? null,
      replacement_id: version.replacementId,
    })
    .execute();
  await db
    .deleteFrom('family_versions')
    .where('family_id', '=', familyId)
    .where('number', '<=', version.number - mostVersions)
    .execute();
}

/** Says of an image in a family from when on nobody should begin with it; whether it is in there. */
export async function setDeprecation(
  db: Connection,
  { familyId, imageId }: { readonly familyId: string; readonly imageId: string },
  { deprecatedAt, replacementId }: Pick<FamilyVersion, 'deprecatedAt' | 'replacementId'>,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('family_versions')
    .set({ deprecated_at: deprecatedAt?.getTime() ?? null, replacement_id: replacementId })
    .where('family_id', '=', familyId)
    .where('image_id', '=', imageId)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** The projects that new versions of a family follow to, in one order for everybody. */
export async function listFamilyMembers(
  db: Connection,
  familyId: string,
): Promise<readonly FamilyMember[]> {
  const rows = await db
    .selectFrom('family_members')
    .selectAll()
    .where('family_id', '=', familyId)
    .orderBy('project_id')
    .execute();
  return rows.map((row) => ({
    projectId: row.project_id,
    note: row.note,
    since: new Date(row.created_at),
  }));
}

/** Has new versions follow to a project, with a note. */
export async function putFamilyMember(
  db: Connection,
  familyId: string,
  { projectId, note, since }: FamilyMember,
): Promise<void> {
  await db
    .insertInto('family_members')
    .values({
      family_id: familyId,
      project_id: projectId,
      note,
      created_at: since.getTime(),
    })
    .onConflict((conflict) => conflict.columns(['family_id', 'project_id']).doUpdateSet({ note }))
    .execute();
}

/** Ends the sharing of a family with everybody; what they have by it stays theirs until it is taken away. */
export async function deleteFamilyMembers(db: Connection, familyId: string): Promise<void> {
  await db.deleteFrom('family_members').where('family_id', '=', familyId).execute();
}

/** Has new versions follow to a project no more; whether they did. */
export async function deleteFamilyMember(
  db: Connection,
  familyId: string,
  projectId: string,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('family_members')
    .where('family_id', '=', familyId)
    .where('project_id', '=', projectId)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

function familyFromRow(row: Selectable<FamilyRow>): Family {
  const { id, owner, name, current } = row;
  return { id, owner, name, current, updatedAt: new Date(row.updated_at) };
}

function versionFromRow(row: Selectable<FamilyVersionRow>): FamilyVersion {
  return {
    number: row.number,
    imageId: row.image_id,
    previous: row.previous,
    byUser: row.by_user,
    promotedAt: new Date(row.promoted_at),
    deprecatedAt: row.deprecated_at === null ? null : new Date(row.deprecated_at),
    replacementId: row.replacement_id,
  };
}
