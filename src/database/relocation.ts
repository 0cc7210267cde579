import type { ImageLocation } from '../domain/location.ts';
import type { Connection } from './database.ts';
import { locationsFrom, locationsToRow } from './image-rows.ts';

/** Rows that are read at a time. */
const pageSize = 1000;

/** Says where some data is from now on; the same when it stays. @param all the places of the same image, this one among them */
export type Relocate = (location: ImageLocation, all: readonly ImageLocation[]) => ImageLocation;

/** Has all records name data where it is from now on. To be called within one transaction, of records that nobody uses. */
export async function relocateData(db: Connection, relocate: Relocate): Promise<void> {
  await relocateImages(db, relocate);
  await relocateDeleted(db, relocate);
  for (const row of await db.selectFrom('image_imports').selectAll().execute()) {
    if (row.url === null) continue;
    const { store, url } = relocate({ store: row.store, url: row.url }, []);
    if (url === row.url && store === row.store) continue;
    await db
      .updateTable('image_imports')
      .set({ store, url })
      .where('image_id', '=', row.image_id)
      .execute();
  }
  for (const row of await db.selectFrom('unwanted_data').select(['location', 'store']).execute()) {
    const { store, url: location } = relocate({ store: row.store, url: row.location }, []);
    if (location === row.location && store === row.store) continue;
    await db
      .updateTable('unwanted_data')
      .set({ store, location })
      .where('location', '=', row.location)
      .execute();
  }
}

async function relocateImages(db: Connection, relocate: Relocate): Promise<void> {
  for (let after = ''; ; ) {
    const rows = await db
      .selectFrom('images')
      .select(['id', 'location', 'locations'])
      .where('id', '>', after)
      .orderBy('id')
      .limit(pageSize)
      .execute();
    for (const row of rows) {
      const all = locationsFrom(row);
      const places = locationsToRow(all.map((one) => relocate(one, all)));
      if (places.location === row.location && places.locations === row.locations) continue;
      await db.updateTable('images').set(places).where('id', '=', row.id).execute();
    }
    const last = rows.at(-1);
    if (!last || rows.length < pageSize) return;
    after = last.id;
  }
}

async function relocateDeleted(db: Connection, relocate: Relocate): Promise<void> {
  const rows = await db.selectFrom('pending_deletes').select(['image_id', 'image']).execute();
  for (const row of rows) {
    const image = JSON.parse(row.image);
    const all = locationsFrom(image);
    const places = locationsToRow(all.map((one) => relocate(one, all)));
    await db
      .updateTable('pending_deletes')
      .set({ image: JSON.stringify({ ...image, ...places }), location: places.location ?? '' })
      .where('image_id', '=', row.image_id)
      .execute();
  }
}
