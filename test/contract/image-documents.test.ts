import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { imageJson } from '../../src/api/image-document.ts';
import { parseImageQuery } from '../../src/api/image-query.ts';
import { findDocument } from '../../src/database/image-documents.ts';
import { listDocuments, listImages } from '../../src/database/image-list.ts';
import { abandonUpload, finishSaving, startSaving } from '../../src/database/image-uploads.ts';
import { findImage, insertImage, setStatus, updateImage } from '../../src/database/images.ts';
import { insertMember } from '../../src/database/members.ts';
import { insertPendingDelete, restorePendingDelete } from '../../src/database/pending-deletes.ts';
import type { Image } from '../../src/domain/image.ts';
import { visibilities } from '../../src/domain/visibility.ts';
import { emptyDatabase, isOnPostgres, type TestDatabase } from '../support/database.ts';
import { callerOf, imageWith } from '../support/domain.ts';

let store: TestDatabase;

before(async () => {
  store = await emptyDatabase();
});

after(() => store[Symbol.asyncDispose]());

/** What a column can hold: no half of a surrogate pair, which no UTF-8 has, and on PostgreSQL no U+0000. */
const text = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.constantFrom(
      '"',
      '\\',
      '/',
      '\u0000',
      '\b\f\n\r\t\u001f',
      '\u007f\u2028',
      '💿',
      "'",
      '%s',
      '',
    ),
  )
  .map((any) => (isOnPostgres() ? any.replaceAll('\u0000', '') : any));

const orNull = <T>(any: fc.Arbitrary<T>) => fc.option(any, { nil: null });

/** Milliseconds up to the end of the year 9999. */
const time = fc.integer({ min: 0, max: 253_402_300_799_999 }).map((at) => new Date(at));

const amount = fc.maxSafeNat();

const settings = fc.record({
  name: orNull(text),
  owner: orNull(text),
  visibility: fc.constantFrom(...visibilities),
  protected: fc.boolean(),
  osHidden: fc.boolean(),
  diskFormat: orNull(text),
  containerFormat: orNull(text),
  minDisk: amount,
  minRam: amount,
  tags: fc.uniqueArray(text, { maxLength: 3 }),
  properties: fc.array(fc.tuple(text, text), { maxLength: 3 }).map((pairs) => new Map(pairs)),
  updatedAt: time,
});

const data = fc.record({
  size: orNull(amount),
  virtualSize: orNull(amount),
  checksum: orNull(text),
  osHashAlgo: orNull(text),
  osHashValue: orNull(text),
  createdAt: time,
  locations: fc.array(
    fc.record({ store: orNull(fc.constantFrom('fast', 'a.b', 'x-y_z')), url: fc.webUrl() }),
    { maxLength: 3 },
  ),
});

/** Whether the document that is kept is the one of the image that is kept. */
async function assertKept(id: string): Promise<void> {
  const { read } = store.database;
  const seen = await findImage(read, id, 'member');
  assert(seen);
  const { owner, visibility } = seen.image;
  assert.deepEqual(await findDocument(read, id, 'member'), {
    image: { owner, visibility },
    membership: seen.membership,
    document: imageJson(seen.image),
  });
}

function change(made: Parameters<TestDatabase['database']['transaction']>[0]): Promise<unknown> {
  return store.database.transaction(made);
}

test('the document that is kept is the one that code writes, of a new image and of a changed one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uuid(), settings, data, settings, async (id, first, given, second) => {
      const image = imageWith({ id, ...first, ...given });
      await change((db) => insertImage(db, image));
      await assertKept(id);

      await change((db) => updateImage(db, { ...image, ...second }, image));
      await assertKept(id);
    }),
    { numRuns: Number(process.env['VITRINE_FUZZ_INPUTS'] ?? 150) },
  );
});

test('it follows the image through an upload, a deletion and a return', async () => {
  const image = imageWith({ id: 'followed', diskFormat: 'raw' });
  const { id } = image;
  const at = new Date('2026-01-02T03:04:05Z');
  const written = {
    location: { store: null, url: 'file:///x' },
    size: 5,
    checksum: 'c',
    virtualSize: null,
    osHashAlgo: 'sha512',
    osHashValue: 'v',
    at,
  };
  const found = async () => (await findImage(store.database.read, id, null))?.image as Image;
  const steps: readonly Parameters<typeof change>[0][] = [
    (db) => insertImage(db, image),
    (db) =>
      insertMember(db, image, {
        imageId: id,
        projectId: 'member',
        status: 'pending',
        createdAt: at,
        updatedAt: at,
      }),
    (db) => startSaving(db, id, at),
    (db) => abandonUpload(db, id),
    (db) => startSaving(db, id, at),
    (db) => finishSaving(db, id, written),
    (db) => setStatus(db, id, 'deactivated', at),
  ];
  for (const step of steps) {
    await change(step);
    await assertKept(id);
  }
  const kept = await found();
  await change((db) => insertPendingDelete(db, kept, at));
  const gone = await findDocument(store.database.read, id, null);
  await change((db) => restorePendingDelete(db, id, at));
  await assertKept(id);

  assert.equal(gone, undefined);
});

test('a page of documents is the page of their images', async () => {
  await using other = await emptyDatabase();
  const { database } = other;
  for (let n = 0; n < 7; n += 1) {
    const image = imageWith({ id: `image ${n}`, name: `${n}`, createdAt: new Date(n >> 1) });
    await database.transaction((db) => insertImage(db, image));
  }
  const owner = callerOf('owner', 'member');
  const query = parseImageQuery(new URLSearchParams('limit=3'), { default: 25, max: 1000 });

  let marker: Image | undefined;
  for (const length of [3, 3, 1, 0]) {
    const images = await listImages(database.lists, owner, query, marker);
    const documents = await listDocuments(database.lists, owner, query, marker);

    assert.equal(images.length, length);
    assert.deepEqual(
      documents,
      images.map((image) => ({ image_id: image.id, document: imageJson(image) })),
    );
    marker = images.at(-1);
  }
});
