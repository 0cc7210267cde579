import { type InsertResult, type Selectable, sql } from 'kysely';
import type { Image } from '../domain/image.ts';
import { countedBytes, type ImageLocation } from '../domain/location.ts';
import type { MemberStatus, SeenImage } from '../domain/member.ts';
import type { ImageStatus } from '../domain/status.ts';
import { deleteDataCheck } from './data-checks.ts';
import type { Connection } from './database.ts';
import { clockOf, isUnkeepable, jsonPairs, jsonTexts, keptValueOf } from './dialect.ts';
import { imageFromRow, imageToRow, settingsToRow } from './image-rows.ts';
import type { ImageRow } from './image-tables.ts';
import { lockImage } from './locks.ts';
import { prepared } from './prepared.ts';
import { addUsage } from './usage.ts';

const selectSeen = prepared<
  { id: string; projectId: string | null; now: number },
  Selectable<ImageRow> & { membership: MemberStatus | null }
>((db, value) =>
  db
    .selectFrom('images')
    .leftJoin('image_members', (join) =>
      join
        .onRef('image_members.image_id', '=', 'images.id')
        .on('image_members.project_id', '=', value('projectId'))
        .on('image_members.expires_at', '>', value('now')),
    )
    .selectAll('images')
    .select('image_members.status as membership')
    .where('images.id', '=', value('id')),
);

/**
 * The image of that id with the project's own answer to it; whether it may be seen is not asked here.
 * Within a transaction it stays as it is until that ends.
 */
export async function findImage(
  db: Connection,
  id: string,
  projectId: string | null,
): Promise<SeenImage | undefined> {
  // A look that waited for the lock would still see the members of before: it is a statement of its own.
  if (isUnkeepable(db, id)) return undefined;
  const lock = lockImage(db, id);
  if (lock) await lock;
  const { rows } = await selectSeen(db, { id, projectId, now: Date.now() });
  const [row] = rows;
  return row && { image: imageFromRow(row), membership: row.membership ?? undefined };
}

/** Keeps a new image; false when its id is taken, by an image that was deleted too. */
export async function insertImage(db: Connection, image: Image): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('images')
    .values(imageToRow(image))
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirstOrThrow();
  if (numInsertedOrUpdatedRows !== 1n) return false;
  // Asked last: the insertion may have waited for a deletion that spent the id.
  const spent = await db
    .selectFrom('spent_image_ids')
    .select('id')
    .where('id', '=', image.id)
    .executeTakeFirst();
  if (spent) {
    await db.deleteFrom('images').where('id', '=', image.id).execute();
    return false;
  }
  await insertLookups(db, image);
  await addUsage(db, image.owner, { images: 1 });
  return true;
}

/**
 * Saves what a PATCH may change; status and data stay as they are.
 *
 * @param before the image as it is kept now
 */
export async function updateImage(db: Connection, image: Image, before: Image): Promise<void> {
  const { id } = image;
  const row = settingsToRow(image);
  const old = settingsToRow(before);
  await db.updateTable('images').set(row).where('id', '=', id).execute();
  const keepsCopies = copied.every((column) => row[column] === old[column]);
  if (!keepsCopies || row.tags !== old.tags) {
    await db.deleteFrom('image_tags').where('image_id', '=', id).execute();
    await insertTags(db, { id });
  }
  if (!keepsCopies || row.properties !== old.properties) {
    await db.deleteFrom('image_properties').where('image_id', '=', id).execute();
    await insertProperties(db, { id });
  }
  if (row.owner !== old.owner || row.visibility !== old.visibility) {
    const copies = { image_owner: row.owner, image_visibility: row.visibility };
    await db.updateTable('image_members').set(copies).where('image_id', '=', id).execute();
    const owner = { image_owner: row.owner };
    await db.updateTable('access_requests').set(owner).where('image_id', '=', id).execute();
  }
}

/** The changing ones of the columns that tags and properties carry copies of. */
const copied = ['owner', 'visibility', 'os_hidden'] as const;

/** Moves an image to another part of its life. */
export async function setStatus(
  db: Connection,
  id: string,
  status: ImageStatus,
  at: Date,
): Promise<void> {
  const values = { status, updated_at: at.getTime() };
  await db.updateTable('images').set(values).where('id', '=', id).execute();
}

/** Tags and properties of a kept image once more, each on a row of its own, so that lists find images by them. */
export async function insertLookups(db: Connection, image: Image): Promise<void> {
  const { id } = image;
  if (image.tags.length > 0) await insertTags(db, { id });
  if (image.properties.size > 0) await insertProperties(db, { id });
}

const copiedTo = ['owner', 'visibility', 'os_hidden', 'image_created_at'] as const;

const copies = sql.raw('owner, visibility, os_hidden, created_at');

// Made of what is kept, in one statement that is built once, whatever the image has.
const insertTags = prepared<{ id: string }, InsertResult>((db, value) =>
  db
    .insertInto('image_tags')
    .columns(['image_id', 'tag', ...copiedTo])
    .expression(
      sql`select images.id, value, ${copies} from images, ${jsonTexts(db, sql.ref('tags'))}
        where images.id = ${value('id')}`,
    ),
);

const insertProperties = prepared<{ id: string }, InsertResult>((db, value) =>
  db
    .insertInto('image_properties')
    .columns(['image_id', 'name', 'value', ...copiedTo])
    .expression(
      sql`select images.id, key, ${keptValueOf(db, sql.ref('value'))}, ${copies}
        from images, ${jsonPairs(db, sql.ref('properties'))}
        where images.id = ${value('id')}`,
    ),
);

/** Removes an image with its members and tags; its id is spent and its data waits to be removed. */
export async function deleteImage(db: Connection, image: Image): Promise<void> {
  await db.insertInto('spent_image_ids').values({ id: image.id }).execute();
  for (const location of image.locations) await insertUnwantedData(db, location);
  if (image.locations.length > 0) await deleteDataCheck(db, image.id);
  await db.deleteFrom('images').where('id', '=', image.id).execute();
  await addUsage(db, image.owner, { images: -1, bytes: -countedBytes(image) });
}

/** For so long (ms) whoever notes unwanted data is left to remove it. */
const headStart = 60_000;

/** Notes that the data at a place belongs to no image any more. */
export async function insertUnwantedData(
  db: Connection,
  { store, url }: ImageLocation,
): Promise<void> {
  await db
    .insertInto('unwanted_data')
    .values({ location: url, store, lease_until: sql`${clockOf(db)} + ${sql.lit(headStart)}` })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Unwanted data by its URL; undefined when it is removed. */
export async function findUnwantedData(
  db: Connection,
  url: string,
): Promise<ImageLocation | undefined> {
  const row = await db
    .selectFrom('unwanted_data')
    .select('store')
    .where('location', '=', url)
    .executeTakeFirst();
  return row && { store: row.store, url };
}

/** Forgets unwanted data once it is removed. */
export async function deleteUnwantedData(db: Connection, { url }: ImageLocation): Promise<void> {
  await db.deleteFrom('unwanted_data').where('location', '=', url).execute();
}
