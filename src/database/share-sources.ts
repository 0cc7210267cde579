import { type Selectable, sql } from 'kysely';
import type { Connection } from './database.ts';
import type { ShareSourceRow } from './family-tables.ts';

/** A family or a group by which projects are members. */
export interface ShareSource {
  readonly kind: 'family' | 'group';
  readonly id: string;
}

/** A member of an image. */
export interface SharePlace {
  readonly imageId: string;
  readonly projectId: string;
}

/** Notes that a member is one by that too. */
export async function insertSource(
  db: Connection,
  { imageId, projectId }: SharePlace,
  source: ShareSource,
): Promise<void> {
  await db
    .insertInto('share_sources')
    .values({ image_id: imageId, project_id: projectId, source: textOf(source) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Notes that a member is one by that no more; whether it was. */
export async function deleteSource(
  db: Connection,
  { imageId, projectId }: SharePlace,
  source: ShareSource,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('share_sources')
    .where('image_id', '=', imageId)
    .where('project_id', '=', projectId)
    .where('source', '=', textOf(source))
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

/** Makes a member one by itself, whatever made it one before. */
export async function deleteSources(
  db: Connection,
  { imageId, projectId }: SharePlace,
): Promise<void> {
  await db
    .deleteFrom('share_sources')
    .where('image_id', '=', imageId)
    .where('project_id', '=', projectId)
    .execute();
}

/** Whether a member is one by families and groups alone. */
export async function hasSources(
  db: Connection,
  { imageId, projectId }: SharePlace,
): Promise<boolean> {
  const row = await db
    .selectFrom('share_sources')
    .select('source')
    .where('image_id', '=', imageId)
    .where('project_id', '=', projectId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Whether the project is in the family or group that a row names. */
export async function isInSource(
  db: Connection,
  { source, project_id }: Pick<Selectable<ShareSourceRow>, 'source' | 'project_id'>,
): Promise<boolean> {
  const [kind, id = ''] = source.split(':');
  const family = db.selectFrom('family_members').select('project_id').where('family_id', '=', id);
  const group = db
    .selectFrom('share_group_members')
    .select('project_id')
    .where('group_id', '=', id);
  const row =
    kind === 'family'
      ? await family.where('project_id', '=', project_id).executeTakeFirst()
      : await group.where('project_id', '=', project_id).executeTakeFirst();
  return row !== undefined;
}

/** Who is a member by that, of which images; by image, in one order for everybody. */
export async function listPlaces(
  db: Connection,
  source: ShareSource,
  { projectId, limit }: { readonly projectId?: string | undefined; readonly limit?: number } = {},
): Promise<readonly SharePlace[]> {
  const all = db
    .selectFrom('share_sources')
    .select(['image_id', 'project_id'])
    .where('source', '=', textOf(source))
    .orderBy('image_id')
    .orderBy('project_id');
  const asked = projectId === undefined ? all : all.where('project_id', '=', projectId);
  const rows = await (limit === undefined ? asked : asked.limit(limit)).execute();
  return rows.map((row) => ({ imageId: row.image_id, projectId: row.project_id }));
}

/** By which families and groups, as people call them, each project is a member of an image. */
export async function listReasons(
  db: Connection,
  imageId: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await db
    .selectFrom('share_sources')
    .leftJoin('families', (join) => join.on(sql<boolean>`families.id = ${idIn('family')}`))
    .leftJoin('share_groups', (join) => join.on(sql<boolean>`share_groups.id = ${idIn('group')}`))
    .select(['share_sources.project_id', 'families.name as family', 'share_groups.name as group'])
    .where('share_sources.image_id', '=', imageId)
    .execute();
  const reasons = new Map<string, string[]>();
  for (const { project_id, family, group } of rows) {
    const reason = family === null ? `group ${group}` : `family ${family}`;
    reasons.set(project_id, [...(reasons.get(project_id) ?? []), reason].toSorted());
  }
  return reasons;
}

/** The id in the text of a source of that kind; null in that of another. The other side stays bare, for its index. */
function idIn(kind: ShareSource['kind']) {
  const begin = `${kind}:`;
  return sql<
    string | null
  >`case when share_sources.source like ${sql.lit(`${begin}%`)} then substr(share_sources.source, ${sql.lit(begin.length + 1)}) end`;
}

function textOf({ kind, id }: ShareSource): string {
  return `${kind}:${id}`;
}
