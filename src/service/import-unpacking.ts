import type { Connection } from '../database/database.ts';
import { findImageImport, updateImageImport } from '../database/image-imports.ts';
import { saveData } from '../database/image-uploads.ts';
import { findImage, insertUnwantedData } from '../database/images.ts';
import type { Image } from '../domain/image.ts';
import type { ImportOrder } from '../domain/import-order.ts';
import { formatKey, type StagedData } from '../domain/location.ts';
import { dataOf, openFirst } from './copies.ts';
import { sizingCheck, toRefusal } from './image-data.ts';
import type { Bring, Incoming } from './import-data.ts';
import type { OpenedSource } from './import-source.ts';
import type { ImportWorkOptions } from './import-work.ts';
import { TaskLostError, type TaskRun } from './task-runner.ts';
import { type UnpackingLimits, unpack } from './unpacking/unpack.ts';

/** An import whose data may be packed. */
export interface UnpackingImport extends ImportWorkOptions {
  readonly run: TaskRun;
  readonly imageId: string;
  readonly order: ImportOrder;
}

/** Whether data of the image is kept as it comes, be it packed or not. */
export function staysPacked(
  { containerFormat }: Pick<Image, 'containerFormat'>,
  unpacking: UnpackingLimits | undefined,
): boolean {
  return unpacking === undefined || containerFormat === 'compressed';
}

/** What comes from elsewhere, as it is to be kept. @throws what the source throws */
export async function unpackedSource(
  opened: OpenedSource,
  image: Image | undefined,
  unpacking: UnpackingLimits | undefined,
): Promise<OpenedSource> {
  if (!unpacking || !image || staysPacked(image, unpacking)) return opened;
  const { data, compression } = await unpack(opened.data, unpacking);
  return { data, size: compression ? undefined : opened.size };
}

/** Puts what was staged in its packing into its place without. @throws DomainError */
export async function unpackStaged(going: UnpackingImport, bring: Bring): Promise<void> {
  const { database, order, unpacking, imageId } = going;
  if (!unpacking || order.method.name !== 'glance-direct') return;
  const seen = await findImage(database.read, imageId, null);
  const staged = (await findImageImport(database.read, imageId))?.staged;
  if (!seen || !staged || staysPacked(seen.image, unpacking)) return;
  // What was looked at as what it is to be was not packed, or is not any more.
  if (staged.checkedAs === formatKey(seen.image)) return;
  await using reader = await openFirst(going.stores, [staged]);
  const packed = dataOf(reader, () => going.run.signal.throwIfAborted());
  try {
    const { data, compression } = await unpack(packed, unpacking);
    if (!compression) return;
    const incoming = await bringUnpacked(going, bring, { image: seen.image, staged, data });
    await going.run.transaction((db) => replaceStaged(going, db, { staged, incoming }));
    going.unwantedData.remove(staged);
  } catch (cause) {
    throw toRefusal(cause, imageId);
  } finally {
    packed.destroy();
  }
}

interface Unpacking {
  readonly image: Image;
  readonly staged: StagedData;
  readonly data: OpenedSource['data'];
}

async function bringUnpacked(
  { stores, source, formats, run, imageId }: UnpackingImport,
  bring: Bring,
  { image, staged, data }: Unpacking,
): Promise<Incoming> {
  const limits = await source.limitsFor(run, imageId, undefined);
  const check = { as: formatKey(image), check: sizingCheck(image, formats) };
  const target = stores.of(staged) ?? stores.default;
  return await bring(target, { data, size: undefined, ...limits, check });
}

/** What was made of staged data. */
interface Replacement {
  readonly staged: StagedData;
  readonly incoming: Incoming;
  /** The image's from now on; undefined when it stays the same. */
  readonly diskFormat?: string | undefined;
}

/** Makes what was made of staged data the staged data, and counts it as what it is. @throws DomainError `QuotaExceeded` */
export async function replaceStaged(
  { source, order, imageId, run }: UnpackingImport,
  db: Connection,
  { staged, incoming, diskFormat }: Replacement,
): Promise<void> {
  const seen = await findImage(db, imageId, null);
  const known = await findImageImport(db, imageId);
  if (!seen || !known) throw new TaskLostError(run.task.id);
  const { size } = incoming.staged;
  const bytes = size * order.stores.length;
  await source.checkRoom(db, seen.image, { bytes: bytes - known.bytes });
  const formerFormat = diskFormat === undefined ? undefined : (seen.image.diskFormat ?? undefined);
  const change = { bytes, stagedBytes: size, staged: incoming.staged, formerFormat };
  await updateImageImport(db, known, change);
  await insertUnwantedData(db, staged);
  const image = diskFormat === undefined ? seen.image : { ...seen.image, diskFormat };
  await saveData(db, { ...image, size }, seen.image);
  await incoming.keep(db);
}
