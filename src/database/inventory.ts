import { type Selectable, sql } from 'kysely';
import { importProperties } from '../domain/import.ts';
import type { ImageLocation } from '../domain/location.ts';
import type { Usage } from '../domain/quota.ts';
import type { ImageStatus } from '../domain/status.ts';
import type { Connection } from './database.ts';
import { imageFromRow, locationsFrom } from './image-rows.ts';
import type { ImageRow } from './image-tables.ts';

/*
 * What all records say of data, read through from the first to the last: for whoever compares them with what is in
 * the stores. To be called within one snapshot.
 */

/** Rows that are read at a time. */
const pageSize = 1000;

/** What the record of an image says of its data. */
export interface ImageData {
  readonly id: string;
  readonly owner: string | null;
  readonly status: ImageStatus;
  readonly locations: readonly ImageLocation[];
  /** Bytes. */
  readonly size: number | null;
  /** SHA-512, lower-case hex; null when the image has another hash, or none. */
  readonly sha512: string | null;
  /** The task that is at it. */
  readonly task: string | undefined;
}

/** Images, be they live or deleted and kept for a while. */
export async function* eachImage(
  db: Connection,
  table: 'images' | 'pending_deletes',
): AsyncGenerator<ImageData> {
  for (let after = ''; ; ) {
    const rows = await (table === 'images' ? imagesAfter(db, after) : deletedAfter(db, after));
    yield* rows.map(dataOf);
    const last = rows.at(-1);
    if (!last || rows.length < pageSize) return;
    after = last.id;
  }
}

async function imagesAfter(db: Connection, after: string): Promise<Selectable<ImageRow>[]> {
  return await db
    .selectFrom('images')
    .selectAll()
    .where('id', '>', after)
    .orderBy('id')
    .limit(pageSize)
    .execute();
}

async function deletedAfter(db: Connection, after: string): Promise<Selectable<ImageRow>[]> {
  const rows = await db
    .selectFrom('pending_deletes')
    .select(['image', 'owner'])
    .where('image_id', '>', after)
    .orderBy('image_id')
    .limit(pageSize)
    .execute();
  return rows.map(({ image, owner }) => ({ ...JSON.parse(image), owner }));
}

function dataOf(row: Selectable<ImageRow>): ImageData {
  const { id, owner, status, locations, size, ...image } = imageFromRow(row);
  const sha512 = image.osHashAlgo === 'sha512' ? image.osHashValue : null;
  return {
    id,
    owner,
    status,
    locations,
    size,
    sha512,
    task: image.properties.get(importProperties.task),
  };
}

/** Data that is whole and waits to be imported. */
export interface WaitingData extends ImageLocation {
  readonly imageId: string;
  /** Bytes. */
  readonly size: number;
  /** Lower-case hex. */
  readonly sha512: string;
}

export async function listWaitingData(db: Connection): Promise<readonly WaitingData[]> {
  const rows = await db.selectFrom('image_imports').selectAll().execute();
  return rows.flatMap(({ image_id: imageId, store, url, size, sha512 }) =>
    url === null || size === null || sha512 === null ? [] : [{ imageId, store, url, size, sha512 }],
  );
}
/** Data of which nobody knows whether it is there: it is coming in. */
export interface ComingData {
  readonly store: string | null;
  /** By which the store knows it. */
  readonly dataId: string;
}

export async function listComingData(db: Connection): Promise<readonly ComingData[]> {
  const uploads = await db.selectFrom('upload_reservations').selectAll().execute();
  const imports = await db.selectFrom('import_data').selectAll().execute();
  const segments = await db.selectFrom('upload_segments').selectAll().execute();
  const resumable = await openUploads(db);
  return [
    ...segments.map((row) => ({ store: row.store, dataId: row.data_id })),
    // The last step of an upload puts it there before the record says so.
    ...resumable.map((row) => ({ store: row.store, dataId: row.image_id })),
    ...uploads.map((row) => ({ store: row.store, dataId: row.data_id ?? row.image_id })),
    ...imports.map(({ store, id: dataId }) => ({ store, dataId })),
  ];
}

/** Uploads that can be resumed and are not done. */
async function openUploads(db: Connection) {
  return await db.selectFrom('uploads').selectAll().where('is_done', '=', 0).execute();
}

/** Data that is to be removed, and may be gone already. */
export async function listUnwantedData(db: Connection): Promise<readonly ImageLocation[]> {
  const rows = await db.selectFrom('unwanted_data').select(['location', 'store']).execute();
  return rows.map(({ location: url, store }) => ({ store, url }));
}

/** What records say of some data. */
export interface DataRecords {
  /** Places that they name; some may be of other data. */
  readonly named: readonly ImageLocation[];
  /** Places of what is to be removed; some may be of other data. */
  readonly unwanted: readonly ImageLocation[];
  /** The stores that it is coming into; null for the only one. */
  readonly coming: readonly (string | null)[];
  /** Whether the image of that id is saving. */
  readonly isSaving: boolean;
}

interface DataRecordRow {
  what: 'coming' | 'deleted' | 'image' | 'saving' | 'staged' | 'unwanted';
  store: string | null;
  location: string | null;
  locations: string | null;
}

/**
 * Looks for all that records say of some data, whatever changes meanwhile: in one statement, since what is moved from one
 * table to another between two of them would be seen in neither. It reads all images.
 */
export async function findDataRecords(db: Connection, dataId: string): Promise<DataRecords> {
  const mentioned = `%${dataId}%`;
  const { rows } = await sql<DataRecordRow>`
    select 'coming' as what, store, '' as location, '' as locations from upload_reservations
      where coalesce(data_id, image_id) = ${dataId}
    union all select 'coming', store, '', '' from import_data where id = ${dataId}
    union all select 'coming', store, '', '' from upload_segments where data_id = ${dataId}
    union all select 'coming', store, '', '' from uploads where image_id = ${dataId} and is_done = 0
    union all select 'saving', null, '', '' from images where id = ${dataId} and status = 'saving'
    union all select 'unwanted', store, location, '' from unwanted_data where location like ${mentioned}
    union all select 'staged', store, url, '' from image_imports where url like ${mentioned}
    union all select 'image', null, location, cast(locations as text) from images
      where location like ${mentioned} or cast(locations as text) like ${mentioned}
    union all select 'deleted', null, cast(image as text), '' from pending_deletes
      where cast(image as text) like ${mentioned}
  `.execute(db);
  const of = (what: DataRecordRow['what']) => rows.filter((row) => row.what === what);
  const placesOf = (some: typeof rows) =>
    some.map(({ store, location }) => ({ store, url: location ?? '' }));
  return {
    named: [
      ...placesOf(of('staged')),
      ...of('image').flatMap(locationsFrom),
      ...of('deleted').flatMap((row) => locationsFrom(JSON.parse(row.location ?? ''))),
    ],
    unwanted: placesOf(of('unwanted')),
    coming: of('coming').map(({ store }) => store),
    isSaving: of('saving').length > 0,
  };
}

/** Ids of images that have something coming in, by what notes it. */
export async function listComing(
  db: Connection,
  table: 'upload_reservations' | 'image_imports',
): Promise<ReadonlySet<string>> {
  const rows = await db.selectFrom(table).select('image_id').execute();
  const resumable = table === 'upload_reservations' ? await openUploads(db) : [];
  return new Set([...rows, ...resumable].map((row) => row.image_id));
}

/** Ids of tasks that are not over. */
export async function listRunningTasks(db: Connection): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('tasks')
    .select('id')
    .where('status', 'in', ['pending', 'processing'])
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** Ids of images whose data is known to be damaged, and of all that anything is known of. */
export async function listChecked(
  db: Connection,
): Promise<{ readonly all: ReadonlySet<string>; readonly damaged: ReadonlySet<string> }> {
  const rows = await db.selectFrom('data_checks').select(['image_id', 'damaged_at']).execute();
  const damaged = rows.filter(({ damaged_at: at }) => at !== null);
  const ids = (some: typeof rows) => new Set(some.map((row) => row.image_id));
  return { all: ids(rows), damaged: ids(damaged) };
}

/** What projects are said to have, and what their images, uploads and imports add up to, where that differs. */
export interface UsageDifference {
  readonly projectId: string;
  readonly kept: Usage;
  readonly counted: Usage;
}

const nothing: Usage = { images: 0, bytes: 0, stagedBytes: 0, uploads: 0 };

/** @param images what the projects' images, live or kept after their deletion, count */
export async function findUsageDifferences(
  db: Connection,
  images: ReadonlyMap<string, Pick<Usage, 'bytes' | 'images'>>,
): Promise<readonly UsageDifference[]> {
  const counted = new Map<string, Usage>();
  const add = (projectId: string | null, more: Partial<Usage>) => {
    if (projectId === null) return;
    const before = counted.get(projectId) ?? nothing;
    counted.set(projectId, {
      images: before.images + (more.images ?? 0),
      bytes: before.bytes + (more.bytes ?? 0),
      stagedBytes: before.stagedBytes + (more.stagedBytes ?? 0),
      uploads: before.uploads + (more.uploads ?? 0),
    });
  };
  for (const [projectId, one] of images) add(projectId, one);
  for (const table of ['upload_reservations', 'image_imports'] as const) {
    const rows = await db
      .selectFrom(table)
      .select(['project_id', 'bytes', 'staged_bytes'])
      .execute();
    for (const { project_id: projectId, bytes, staged_bytes: stagedBytes } of rows) {
      add(projectId, { bytes, stagedBytes, uploads: 1 });
    }
  }
  for (const { image_owner: owner, bytes } of await openUploads(db)) {
    add(owner, { bytes, uploads: 1 });
  }
  const rows = await db.selectFrom('project_usage').selectAll().execute();
  const kept = new Map(
    rows.map(({ project_id, images: n, bytes, staged_bytes: stagedBytes, uploads }) => [
      project_id,
      { images: n, bytes, stagedBytes, uploads },
    ]),
  );
  return [...new Set([...kept.keys(), ...counted.keys()])].flatMap((projectId) => {
    const pair = {
      kept: kept.get(projectId) ?? nothing,
      counted: counted.get(projectId) ?? nothing,
    };
    const isSame = (Object.keys(nothing) as (keyof Usage)[]).every(
      (name) => pair.kept[name] === pair.counted[name],
    );
    return isSame ? [] : [{ projectId, ...pair }];
  });
}
