import type { Insertable, Selectable } from 'kysely';
import type { Image } from '../domain/image.ts';
import { withoutImport } from '../domain/import.ts';
import { countedBytes, type ImageLocation } from '../domain/location.ts';
import { deleteDataCheck } from './data-checks.ts';
import type { Connection } from './database.ts';
import type { ShareSourceRow } from './family-tables.ts';
import { imageFromRow, imageToRow } from './image-rows.ts';
import type { ImageMemberRow, ImageRow } from './image-tables.ts';
import { insertLookups, insertUnwantedData } from './images.ts';
import { isInSource } from './share-sources.ts';
import type { ImageDownloadRow, ListedImageRow } from './share-tables.ts';
import { addUsage } from './usage.ts';

/** Takes an image out of sight with all that belongs to it but its data; it goes on counting, and its id is spent. */
export async function insertPendingDelete(db: Connection, image: Image, at: Date): Promise<void> {
  const row = imageToRow(image);
  const members = await db
    .selectFrom('image_members')
    .select(['project_id', 'status', 'created_at', 'updated_at', 'image_created_at'])
    .select(['note', 'expires_at', 'set_aside', 'withdrawal', 'warned'])
    .where('image_id', '=', image.id)
    .orderBy('id')
    .execute();
  await db
    .insertInto('pending_deletes')
    .values({
      image_id: image.id,
      owner: image.owner,
      size: countedBytes(image),
      location: row.location ?? '',
      image: JSON.stringify(row),
      members: JSON.stringify(members),
      sharing: JSON.stringify(await sharingOf(db, image.id)),
      deleted_at: at.getTime(),
    })
    .execute();
  await db.insertInto('spent_image_ids').values({ id: image.id }).execute();
  await db.deleteFrom('images').where('id', '=', image.id).execute();
}

/** What goes with the record of an image, and comes back with it. */
interface KeptSharing {
  readonly listed: readonly Omit<Selectable<ListedImageRow>, 'image_id' | 'number'>[];
  readonly downloads: readonly Omit<Selectable<ImageDownloadRow>, 'image_id'>[];
  /** Absent in what an earlier release has kept. */
  readonly sources: readonly KeptSource[];
}

/** A family or a group by which a project was a member. */
type KeptSource = Omit<Selectable<ShareSourceRow>, 'image_id'>;

async function sharingOf(db: Connection, id: string): Promise<KeptSharing> {
  const listed = await db
    .selectFrom('listed_images')
    .select(['summary', 'listed_at'])
    .where('image_id', '=', id)
    .execute();
  const downloads = await db
    .selectFrom('image_downloads')
    .select(['project_id', 'last_at', 'downloads', 'bytes'])
    .where('image_id', '=', id)
    .execute();
  const sources = await db
    .selectFrom('share_sources')
    .select(['project_id', 'source'])
    .where('image_id', '=', id)
    .execute();
  return { listed, downloads, sources };
}

/** Those whose families and groups the projects are still in. */
async function heldSources(
  db: Connection,
  sources: readonly KeptSource[],
): Promise<readonly KeptSource[]> {
  const held: KeptSource[] = [];
  for (const source of sources) if (await isInSource(db, source)) held.push(source);
  return held;
}

/** Who had the image by families and groups alone, and has left them all since, does not come back with it. */
function isMemberStill(
  projectId: string,
  sources: readonly KeptSource[],
  held: readonly KeptSource[],
): boolean {
  const isIts = (source: KeptSource) => source.project_id === projectId;
  return !sources.some(isIts) || held.some(isIts);
}

async function restoreSharing(db: Connection, id: string, kept: KeptSharing): Promise<void> {
  for (const { summary, listed_at } of kept.listed) {
    await db.insertInto('listed_images').values({ image_id: id, summary, listed_at }).execute();
  }
  for (const one of kept.downloads) {
    await db
      .insertInto('image_downloads')
      .values({ ...one, image_id: id })
      .execute();
  }
  for (const one of kept.sources) {
    await db
      .insertInto('share_sources')
      .values({ ...one, image_id: id })
      .execute();
  }
}

/** What is kept of a member; the rest is the image's. */
type KeptMember = Omit<Insertable<ImageMemberRow>, 'image_id' | 'image_owner' | 'image_visibility'>;

/** Brings a deleted image back as it was; undefined when it is not there, or not any more. */
export async function restorePendingDelete(
  db: Connection,
  id: string,
  at: Date,
): Promise<Image | undefined> {
  const pending = await db
    .deleteFrom('pending_deletes')
    .where('image_id', '=', id)
    .returning(['image', 'members', 'sharing'])
    .executeTakeFirst();
  if (!pending) return undefined;
  const row = { ...(JSON.parse(pending.image) as Selectable<ImageRow>), updated_at: at.getTime() };
  // What was at an import when it was deleted has ended with that.
  const image = withoutImport(imageFromRow(row));
  await db.deleteFrom('spent_image_ids').where('id', '=', id).execute();
  await db.insertInto('images').values(imageToRow(image)).execute();
  await insertLookups(db, image);
  const sharing: Partial<KeptSharing> = JSON.parse(pending.sharing ?? '{}');
  const sources = await heldSources(db, sharing.sources ?? []);
  const members = (JSON.parse(pending.members) as KeptMember[]).filter(({ project_id }) =>
    isMemberStill(project_id, sharing.sources ?? [], sources),
  );
  const { owner: image_owner, visibility: image_visibility } = image;
  const rows = members.map((member) => ({
    ...member,
    image_id: id,
    image_owner,
    image_visibility,
  }));
  if (rows.length > 0) await db.insertInto('image_members').values(rows).execute();
  await restoreSharing(db, id, { listed: [], downloads: [], ...sharing, sources });
  return image;
}

/** A deleted image that can still be restored, as it was. */
export async function findPendingDelete(db: Connection, id: string): Promise<Image | undefined> {
  const pending = await db
    .selectFrom('pending_deletes')
    .select('image')
    .where('image_id', '=', id)
    .executeTakeFirst();
  return pending && imageFromRow(JSON.parse(pending.image) as Selectable<ImageRow>);
}

/** Ids of images deleted no later than `before`, the oldest first. */
export async function listPendingDeletes(
  db: Connection,
  before: Date,
  limit: number,
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('pending_deletes')
    .select('image_id')
    .where('deleted_at', '<=', before.getTime())
    .orderBy('deleted_at')
    .limit(limit)
    .execute();
  return rows.map((row) => row.image_id);
}

/** Gives a deleted image up: it counts no longer. Returns where its unwanted data lies; nowhere when it is restored. */
export async function deletePendingDelete(
  db: Connection,
  id: string,
): Promise<readonly ImageLocation[]> {
  const pending = await db
    .deleteFrom('pending_deletes')
    .where('image_id', '=', id)
    .returning(['owner', 'size', 'image'])
    .executeTakeFirst();
  if (!pending) return [];
  const { locations } = imageFromRow(JSON.parse(pending.image) as Selectable<ImageRow>);
  for (const location of locations) await insertUnwantedData(db, location);
  await deleteDataCheck(db, id);
  await addUsage(db, pending.owner, { images: -1, bytes: -pending.size });
  return locations;
}
