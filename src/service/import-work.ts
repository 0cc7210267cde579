import type { Connection, Database } from '../database/database.ts';
import {
  deleteImageImport,
  findImageImport,
  updateImageImport,
} from '../database/image-imports.ts';
import { saveData } from '../database/image-uploads.ts';
import { findImage, insertUnwantedData } from '../database/images.ts';
import { DomainError } from '../domain/errors.ts';
import { failedUploadEvent, imageEvent, uploadEvent } from '../domain/event.ts';
import type { Image } from '../domain/image.ts';
import type { FormatRules } from '../domain/image-format/data-format.ts';
import {
  emptied,
  importProperties,
  isFromElsewhere,
  storesIn,
  withImportState,
} from '../domain/import.ts';
import { type ImportOrder, importOrder } from '../domain/import-order.ts';
import { formatKey, type ImageLocation, type StagedData } from '../domain/location.ts';
import type { Stores } from '../store/stores.ts';
import { byWeight, dataOf, openFirst } from './copies.ts';
import type { Events } from './events.ts';
import { sizingCheck, toRefusal } from './image-data.ts';
import { type ConversionOptions, convertStaged } from './import-conversion.ts';
import { type Bring, bringer, type Incoming } from './import-data.ts';
import type { ImportSource } from './import-source.ts';
import { unpackedSource, unpackStaged } from './import-unpacking.ts';
import { signatureCheck } from './signature-check.ts';
import { TaskLostError, type TaskRun, type TaskWork } from './task-runner.ts';
import type { UnpackingLimits } from './unpacking/unpack.ts';
import type { UnwantedData } from './unwanted-data.ts';

export interface ImportWorkOptions {
  readonly database: Database;
  readonly stores: Stores;
  readonly unwantedData: UnwantedData;
  readonly events: Events;
  /** Opens what comes from elsewhere. */
  readonly source: ImportSource;
  readonly formats: FormatRules;
  /** Undefined where packed data is kept as it comes. */
  readonly unpacking: UnpackingLimits | undefined;
  /** Undefined where data keeps its format. */
  readonly conversion: ConversionOptions | undefined;
  /** The folder of the certificates that signatures are verified with; empty without one. */
  readonly certificates: string;
  /** Stores that one import fills at a time. */
  readonly storesAtOnce: number;
  readonly clock: () => Date;
}

/** One go at an import. */
interface Going extends ImportWorkOptions {
  readonly run: TaskRun;
  readonly imageId: string;
  readonly order: ImportOrder;
}

/**
 * Imports: data is brought into one store after the other, and each change of the image is one transaction that
 * holds only as long as the task is this process's. Whoever begins anew goes on behind the last one.
 */
export function importWork(options: ImportWorkOptions): TaskWork {
  return {
    async run(run) {
      await using data = await bringer(options, run);
      const going = goingOf(options, run);
      await stage(going, data.bring);
      await unpackStaged(going, data.bring);
      await judge(going);
      await convertStaged(going, data.bring);
      await copyToAll(going, data.bring);
      await finish(going);
      options.source.release(run);
    },

    async giveUp(run, message) {
      const going = goingOf(options, run);
      options.source.release(run);
      const unwanted = await run.transaction((db) => giveUp(going, db, message));
      for (const location of unwanted) options.unwantedData.remove(location);
    },
  };
}

function goingOf(options: ImportWorkOptions, run: TaskRun): Going {
  const { imageId, input } = run.task;
  if (imageId === null) throw new Error(`Task ${run.task.id} is for no image.`);
  return { ...options, run, imageId, order: importOrder(input) };
}

/** The image as it is kept now. @throws TaskLostError when it was deleted */
async function imageIn(db: Connection, { imageId, run }: Going): Promise<Image> {
  const seen = await findImage(db, imageId, null);
  if (!seen) throw new TaskLostError(run.task.id);
  return seen.image;
}

/** Brings data from elsewhere into the first of the stores, unless that is done. */
async function stage(going: Going, bring: Bring): Promise<void> {
  const { database, stores, order, source, imageId, run } = going;
  const { method } = order;
  if (!isFromElsewhere(method)) return;
  const coming = await findImageImport(database.read, imageId);
  const seen = await findImage(database.read, imageId, null);
  if (!coming || coming.staged || (seen && seen.image.locations.length > 0)) return;
  const target = stores.named(order.stores[0] ?? null);
  if (method.name === 'glance-download') await describe(going, method);
  const opened = await source.open(method, run);
  try {
    const image = (await findImage(database.read, imageId, null))?.image;
    const unpacked = await unpackedSource(opened, image, going.unpacking);
    const limits = await source.limitsFor(run, imageId, unpacked.size);
    const check = image && { as: formatKey(image), check: sizingCheck(image, going.formats) };
    const incoming = await bring(target, { ...unpacked, ...limits, check });
    await run.transaction(async (db) => {
      const now = await imageIn(db, going);
      const known = await findImageImport(db, imageId);
      if (!known) throw new TaskLostError(run.task.id);
      const { size } = incoming.staged;
      const bytes = size * order.stores.length;
      await source.checkRoom(db, now, { bytes });
      await updateImageImport(db, known, { bytes, stagedBytes: size, staged: incoming.staged });
      await saveData(db, { ...now, size }, now);
      await incoming.keep(db);
    });
  } catch (cause) {
    throw toRefusal(source.refusalOf(cause), imageId);
  } finally {
    opened.data.destroy();
  }
}

/** Gives the image what its source in another region is called. */
async function describe(
  going: Going,
  method: Extract<ImportOrder['method'], { name: 'glance-download' }>,
): Promise<void> {
  const { source, run, clock } = going;
  const { diskFormat, containerFormat, properties } = await source.describe(method, run);
  await run.transaction(async (db) => {
    const image = await imageIn(db, going);
    const all = new Map([...image.properties, ...properties]);
    const described = { ...image, diskFormat, containerFormat, properties: all };
    await source.checkProperties(db, run, { image, properties });
    await saveData(db, { ...described, updatedAt: clock() }, image);
  });
}

/**
 * Looks at staged data as what the image calls it by now, unless that was done while it came in, and verifies its
 * signature where the image has one.
 *
 * @throws DomainError `UnsupportedMediaType` `InvalidRequest`
 */
async function judge(going: Going): Promise<void> {
  const { database, stores, imageId, run } = going;
  const seen = await findImage(database.read, imageId, null);
  const staged = (await findImageImport(database.read, imageId))?.staged;
  if (!seen || !staged) return;
  const checkedAs = formatKey(seen.image);
  const signature = await signatureCheck(seen.image, going.certificates);
  if (staged.checkedAs === checkedAs && !signature) return;
  const check = sizingCheck(seen.image, going.formats);
  await using reader = await openFirst(stores, [staged]);
  for await (const piece of dataOf(reader, () => run.signal.throwIfAborted())) {
    check.read(piece);
    signature?.read(piece);
  }
  check.end(staged.size);
  signature?.end(staged.size);
  await run.transaction(async (db) => {
    const coming = await findImageImport(db, imageId);
    if (!coming) throw new TaskLostError(run.task.id);
    const { virtualSize } = check;
    await updateImageImport(db, coming, { staged: { ...staged, checkedAs, virtualSize } });
  });
}

/** Fills the stores in their order, some of them at a time; the first that fails for all ends it. */
async function copyToAll(going: Going, bring: Bring): Promise<void> {
  const waiting = [...going.order.stores];
  const failures: unknown[] = [];
  async function fill(): Promise<void> {
    while (failures.length === 0) {
      const id = waiting.shift();
      if (id === undefined) return;
      await copyTo(going, id, bring).catch((cause: unknown) => failures.push(cause));
    }
  }
  await Promise.all(Array.from({ length: going.storesAtOnce }, fill));
  if (failures.length > 0) throw failures.find(isLost) ?? failures[0];
}

function isLost(cause: unknown): boolean {
  return cause instanceof TaskLostError;
}

/** Gives the image a copy in one store, unless it has one; what fails is noted. */
async function copyTo(going: Going, id: string, bring: Bring): Promise<void> {
  const { database, stores, imageId, run } = going;
  const seen = await findImage(database.read, imageId, null);
  if (!seen) throw new TaskLostError(run.task.id);
  const { image } = seen;
  const target = stores.named(id);
  const isDone = image.locations.some((location) => stores.of(location) === target);
  if (isDone || storesIn(image, 'failed').includes(id)) return;
  const coming = await findImageImport(database.read, imageId);
  const staged = coming?.staged;
  try {
    if (staged && stores.of(staged) === target) await adopt(going, staged);
    else
      await copy(going, bring, {
        id,
        from: staged ? [staged] : image.locations,
        like: likeOf(image, staged),
      });
  } catch (cause) {
    if (cause instanceof TaskLostError || run.signal.aborted) throw cause;
    await noteFailure(going, id);
    if (going.order.allMustSucceed) throw toRefusal(cause, imageId);
  }
}

/** What a copy must be. */
type Like = Pick<StagedData, 'size' | 'checksum' | 'sha512' | 'checkedAs' | 'virtualSize'>;

function likeOf(image: Image, staged: StagedData | undefined): Like {
  if (staged) return staged;
  return {
    size: image.size ?? 0,
    checksum: image.checksum ?? '',
    sha512: image.osHashAlgo === 'sha512' ? (image.osHashValue ?? '') : '',
    checkedAs: formatKey(image),
    virtualSize: image.virtualSize,
  };
}

/** Makes staged data the image's where it lies. */
async function adopt(going: Going, staged: StagedData): Promise<void> {
  await going.run.transaction(async (db) => {
    const coming = await findImageImport(db, going.imageId);
    if (!coming) throw new TaskLostError(going.run.task.id);
    await addCopy(going, db, { location: staged, like: staged });
    await updateImageImport(db, coming, {
      bytes: coming.bytes - staged.size,
      stagedBytes: 0,
      staged: undefined,
    });
  });
}

async function copy(
  going: Going,
  bring: Bring,
  {
    id,
    from,
    like,
  }: { readonly id: string; readonly from: readonly ImageLocation[]; readonly like: Like },
): Promise<void> {
  const { stores, run, imageId } = going;
  await using reader = await openFirst(stores, byWeight(stores, from));
  const data = dataOf(reader, () => {});
  let incoming: Incoming;
  try {
    incoming = await bring(stores.named(id), { data, size: reader.size, maxSize: reader.size });
  } finally {
    data.destroy();
  }
  const { staged } = incoming;
  checkSame(staged, like, id);
  await run.transaction(async (db) => {
    const coming = await findImageImport(db, imageId);
    if (!coming) throw new TaskLostError(run.task.id);
    // A copy that was made beside this one may have given the image its hashes, which it did not have before.
    checkSame(staged, likeOf(await imageIn(db, going), coming.staged), id);
    await addCopy(going, db, { location: staged, like: { ...like, ...hashesOf(staged) } });
    await updateImageImport(db, coming, { bytes: coming.bytes - staged.size });
    await incoming.keep(db);
  });
}

/** @throws DomainError `StoreUnavailable` */
function checkSame(staged: StagedData, like: Like, id: string): void {
  if (isSame(staged, like)) return;
  const message = `The copy in store ${id} is not the data that was to be copied.`;
  throw new DomainError('StoreUnavailable', message);
}

/** An image from elsewhere may have come without hashes, or with another one. */
function isSame(staged: StagedData, { size, checksum, sha512 }: Like): boolean {
  return (
    staged.size === size &&
    (sha512 === '' || staged.sha512 === sha512) &&
    (checksum === '' || staged.checksum === checksum)
  );
}

interface NewCopy {
  readonly location: ImageLocation;
  readonly like: Like;
}

function hashesOf({ size, checksum, sha512 }: StagedData) {
  return { size, checksum, sha512 };
}

/** Adds a copy to the image, which is active by it unless all stores must have one first. */
async function addCopy(
  going: Going,
  db: Connection,
  { location: { store, url }, like }: NewCopy,
): Promise<void> {
  const { order, events, clock, run } = going;
  const image = await imageIn(db, going);
  if (like.checkedAs !== formatKey(image)) {
    const text = 'disk_format, container_format: were changed while the data was imported.';
    throw new DomainError('InvalidStatusChange', text);
  }
  const id = going.stores.of({ store, url })?.store.id ?? '';
  const isFirst = image.status === 'importing' && image.locations.length === 0;
  const told = withImportState(image, {
    task: run.task.id,
    importing: storesIn(image, 'importing').filter((one) => one !== id),
    failed: storesIn(image, 'failed').filter((one) => one !== id),
  });
  const saved: Image = {
    ...told,
    status: isFirst && !order.allMustSucceed ? 'active' : image.status,
    size: like.size,
    virtualSize: like.virtualSize,
    checksum: like.checksum,
    // What was given by a location may have the hash that its giver chose.
    osHashAlgo: image.osHashAlgo ?? 'sha512',
    osHashValue: image.osHashValue ?? like.sha512,
    locations: [...image.locations, { store, url }],
    updatedAt: clock(),
  };
  await saveData(db, saved, image);
  await events.record(db, uploadEvent(saved));
  if (saved.status !== image.status) await events.record(db, imageEvent('image.activate', saved));
}

async function noteFailure(going: Going, id: string): Promise<void> {
  if (!going.stores.isSeveral) return;
  await going.run.transaction(async (db) => {
    const image = await imageIn(db, going);
    const told = withImportState(image, {
      task: going.run.task.id,
      importing: storesIn(image, 'importing').filter((one) => one !== id),
      failed: [...storesIn(image, 'failed'), id],
    });
    await saveData(db, { ...told, updatedAt: going.clock() }, image);
  });
}

/** Ends an import that has given the image a copy at least. @throws DomainError when it has not */
async function finish(going: Going): Promise<void> {
  const { run, unwantedData } = going;
  const unwanted = await run.transaction(async (db) => {
    const image = await imageIn(db, going);
    if (!hasNewCopy(going, image)) {
      throw new DomainError('StoreUnavailable', 'No store could take the data.');
    }
    return await end(going, db, image);
  });
  for (const location of unwanted) unwantedData.remove(location);
}

function hasNewCopy({ stores, order }: Going, { locations }: Image): boolean {
  return locations.some((location) => order.stores.includes(stores.of(location)?.store.id ?? ''));
}

async function end(going: Going, db: Connection, image: Image): Promise<readonly ImageLocation[]> {
  const { run, events, clock, imageId } = going;
  const status = image.status === 'importing' ? 'active' : image.status;
  const saved = { ...ended(image), status, updatedAt: clock() };
  await saveData(db, saved, image);
  if (status !== image.status) await events.record(db, imageEvent('image.activate', saved));
  const unwanted = await forgetImport(db, imageId);
  await run.succeed(db, { image_id: imageId });
  return unwanted;
}

/** The image without what it tells of a running import. */
function ended(image: Image): Image {
  const failed = storesIn(image, 'failed');
  return withImportState(image, { task: undefined, importing: [], failed });
}

/** Gives back what was set aside; returns what was staged and is nobody's now. */
export async function forgetImport(
  db: Connection,
  imageId: string,
): Promise<readonly ImageLocation[]> {
  const coming = await findImageImport(db, imageId);
  if (!coming) return [];
  await deleteImageImport(db, coming);
  if (!coming.staged) return [];
  await insertUnwantedData(db, coming.staged);
  return [coming.staged];
}

/** Puts the image back to what it was, but for the copies that may stay; returns what is unwanted now. */
async function giveUp(
  going: Going,
  db: Connection,
  message: string,
): Promise<readonly ImageLocation[]> {
  const { run, order, stores, events, clock, imageId } = going;
  const image = await imageIn(db, going);
  if (image.properties.get(importProperties.task) !== run.task.id)
    throw new TaskLostError(run.task.id);
  if (!order.allMustSucceed && hasNewCopy(going, image)) return await end(going, db, image);
  const isNew = (location: ImageLocation) =>
    order.stores.includes(stores.of(location)?.store.id ?? '');
  const unwanted = image.locations.filter(isNew);
  for (const location of unwanted) await insertUnwantedData(db, location);
  const locations = image.locations.filter((location) => !isNew(location));
  const kept = { ...ended(image), locations, updatedAt: clock() };
  const isEmpty = image.status === 'importing';
  const diskFormat = (await findImageImport(db, imageId))?.formerFormat ?? image.diskFormat;
  await saveData(db, isEmpty ? { ...emptied(kept), diskFormat } : kept, image);
  await events.record(db, failedUploadEvent(imageId, message));
  const staged = await forgetImport(db, imageId);
  await run.fail(db, message);
  return [...unwanted, ...staged];
}
