import type { Selectable } from 'kysely';
import { importProperties } from '../domain/import.ts';
import type { ImageLocation } from '../domain/location.ts';
import type { ImageStatus } from '../domain/status.ts';
import type { Connection } from './database.ts';
import { imageFromRow } from './image-rows.ts';
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
