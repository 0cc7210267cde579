import { Readable } from 'node:stream';
import type { Database } from '../database/database.ts';
import { findImageImport } from '../database/image-imports.ts';
import { findImage } from '../database/images.ts';
import { type ConversionFormat, convertedSize, convertibleFormat } from '../domain/conversion.ts';
import { DomainError } from '../domain/errors.ts';
import type { Image } from '../domain/image.ts';
import { type FormatCheck, formatCheck } from '../domain/image-format/data-format.ts';
import { formatKey, type StagedData } from '../domain/location.ts';
import type { Converted, Converter } from './conversion/converter.ts';
import { dataOf, openFirst } from './copies.ts';
import { sizingCheck, toRefusal } from './image-data.ts';
import type { Bring, Incoming } from './import-data.ts';
import { replaceStaged, type UnpackingImport } from './import-unpacking.ts';

/** What the data of bare disks is converted to, and by what. */
export interface ConversionOptions {
  readonly format: ConversionFormat;
  readonly converter: Converter;
}

/** Staged data that is to be converted. */
interface Converting {
  readonly image: Image;
  readonly staged: StagedData;
  /** As `qemu-img` calls its format. */
  readonly from: string;
}

/** What a conversion has made. */
interface Made {
  readonly converted: Converted;
  readonly format: ConversionFormat;
}

/**
 * Puts what was made of staged data by a conversion in its place: the image is of that format then.
 *
 * @throws DomainError
 */
export async function convertStaged(going: UnpackingImport, bring: Bring): Promise<void> {
  const { conversion, imageId, run, unwantedData } = going;
  const converting = conversion && (await convertingOf(going, conversion.format));
  if (!conversion || !converting) return;
  try {
    await using converted = await convert(going, conversion, converting);
    const made = { converted, format: conversion.format };
    const incoming = await bringConverted(going, bring, { ...converting, ...made });
    const { image, staged } = converting;
    await run.transaction(async (db) => {
      const now = (await findImage(db, imageId, null))?.image;
      if (now && formatKey(now) !== formatKey(image)) {
        const text = 'disk_format, container_format: were changed while the data was converted.';
        throw new DomainError('InvalidStatusChange', text);
      }
      await replaceStaged(going, db, { staged, incoming, diskFormat: conversion.format });
    });
    unwantedData.remove(staged);
  } catch (cause) {
    throw toRefusal(cause, imageId);
  }
}

async function convertingOf(
  { database, order, imageId }: UnpackingImport & { readonly database: Database },
  format: ConversionFormat,
): Promise<Converting | undefined> {
  if (order.method.name === 'copy-image') return undefined;
  const image = (await findImage(database.read, imageId, null))?.image;
  const staged = (await findImageImport(database.read, imageId))?.staged;
  const from = image && convertibleFormat(image, format);
  return image && staged && from !== undefined ? { image, staged, from } : undefined;
}

/** The very bytes that are converted are looked at, by all rules, before anything opens them. */
async function convert(
  { stores, formats, source, run, imageId }: UnpackingImport,
  { converter, format }: ConversionOptions,
  { image, staged, from }: Converting,
): Promise<Converted> {
  const { size, virtualSize } = staged;
  if (virtualSize === null) throw refusal('Nothing tells how large the disk inside is.');
  // Raw data is as large as the disk that it is.
  if (format === 'raw') await source.limitsFor(run, imageId, convertedSize(virtualSize));
  await using reader = await openFirst(stores, [staged]);
  const check = formatCheck(image, { ...formats, requiresMatch: true });
  const looked = lookedAt(
    dataOf(reader, () => run.signal.throwIfAborted()),
    check,
    { size, virtualSize },
  );
  return await converter.convert(run.task.id, {
    data: Readable.from(looked, { objectMode: false }),
    ...{ size, from, to: format, virtualSize },
    signal: run.signal,
    onProgress: (percent) => run.tell(`Converted ${percent} %`),
  });
}

/** Ends with an error unless all of it is what it was taken for. */
async function* lookedAt(
  data: Readable,
  check: FormatCheck,
  { size, virtualSize }: { readonly size: number; readonly virtualSize: number },
): AsyncGenerator<Uint8Array> {
  for await (const bytes of data) {
    check.read(bytes);
    yield bytes;
  }
  if (check.end(size) !== virtualSize) throw refusal('The data is not what it was.');
}

/** Looks at the result as at anything that comes from elsewhere: a disk may be made to look like another one. */
async function bringConverted(
  { stores, source, formats, run, imageId }: UnpackingImport,
  bring: Bring,
  { image, staged, converted, format }: Converting & Made,
): Promise<Incoming> {
  const { size } = converted;
  const limits = await source.limitsFor(run, imageId, size);
  const called = { ...image, diskFormat: format };
  const check = sizingCheck(called, { ...formats, requiresMatch: true });
  const look = { as: formatKey(called), check };
  const data = converted.read();
  const target = stores.of(staged) ?? stores.default;
  try {
    const incoming = await bring(target, { data, size, ...limits, check: look });
    if (incoming.staged.virtualSize === convertedSize(staged.virtualSize ?? 0)) return incoming;
  } finally {
    data.destroy();
  }
  throw refusal('The data was converted to a disk of another size.');
}

function refusal(message: string): DomainError {
  return new DomainError('UnsupportedMediaType', message);
}
