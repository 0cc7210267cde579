import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Connection, Database } from '../database/database.ts';
import {
  deleteSegment,
  insertSegment,
  listSegments,
  setSegmentSize,
} from '../database/upload-segments.ts';
import { keepUpload, saveReceived } from '../database/uploads.ts';
import { DomainError } from '../domain/errors.ts';
import type { Upload, UploadSegment } from '../domain/upload.ts';
import type { DataCheck, Growth, Store } from '../store/store.ts';
import type { Stores } from '../store/stores.ts';
import { holdTime, uploadBusy } from './upload-holds.ts';

/** Bytes of a piece where stores take data whole alone, unless there would be too many of them. */
const pieceSize = 64 * 1024 * 1024;

/** Pieces of one upload; a sender of ever so small requests comes to an end there. */
const maxPieces = 10_000;

export interface SegmentsOptions {
  readonly database: Database;
  readonly stores: Stores;
  /** When an upload to which something has just come will be over. */
  readonly expiry: () => Date;
}

/** Data on its way to an upload. */
export interface Arrival {
  readonly data: Readable;
  /** Looks at this data by itself. */
  readonly check: DataCheck | undefined;
  readonly onMove: () => void;
  readonly signal: AbortSignal;
}

/** What has come. */
export interface Arrived {
  readonly received: number;
  /** Why no more came; undefined when all of the data did. */
  readonly cause: unknown;
}

/** Says in one transaction how far a piece and its upload are. @throws RetryLaterError `UploadBusy` */
async function noteReceived(
  { database, expiry }: SegmentsOptions,
  upload: Upload,
  received: number,
  note: (db: Connection) => Promise<void>,
): Promise<void> {
  const holder = database.processes.id;
  await database.transaction(async (db) => {
    const isHeld =
      (await saveReceived(db, upload.id, { holder, received, expiresAt: expiry() })) &&
      (await keepUpload(db, upload.id, { holder, ttl: holdTime }));
    if (!isHeld) throw uploadBusy();
    await note(db);
  });
}

/** The piece that grows in this process: the last one, if it is its own. */
export function growingSegment(
  { database }: Pick<SegmentsOptions, 'database'>,
  segments: readonly UploadSegment[],
): UploadSegment | undefined {
  const last = segments.at(-1);
  return last?.processId === database.processes.id ? last : undefined;
}

/** @throws DomainError `InvalidRequest` when there are too many */
async function addSegment(
  { database }: SegmentsOptions,
  upload: Upload,
  number: number,
): Promise<UploadSegment> {
  if (number > maxPieces) throw tooManyPieces();
  const { store } = upload;
  const processId = database.processes.id;
  const segment = { dataId: randomUUID(), store, number, size: 0, processId };
  await database.transaction((db) => insertSegment(db, upload.id, segment));
  return segment;
}

/** A piece that grows, and what has seen it grow so far. */
export interface Growing {
  readonly segment: UploadSegment;
  readonly growth: Growth;
}

/** Has the upload's last piece grow, or a new one where that is another process's. */
export async function openGrowing(
  options: SegmentsOptions,
  upload: Upload,
  { grow, look }: { readonly grow: NonNullable<Store['grow']>; readonly look: DataCheck },
): Promise<Growing> {
  const segments = await listSegments(options.database.read, upload.id);
  const segment =
    growingSegment(options, segments) ??
    (await addSegment(options, upload, (segments.at(-1)?.number ?? 0) + 1));
  return growSegment(upload, segment, { grow, look });
}

/** Has a piece grow, which must be the last that has anything. */
export function growSegment(
  upload: Upload,
  segment: UploadSegment,
  { grow, look }: { readonly grow: NonNullable<Store['grow']>; readonly look: DataCheck },
): Growing {
  const before = upload.received - segment.size;
  const growth = grow(segment.dataId, {
    size: segment.size,
    maxSize: upload.size - before,
    check: before === 0 ? look : nothingToSee,
  });
  return { segment, growth };
}

const nothingToSee: DataCheck = { read() {}, end() {} };

/** Takes data where the store lets it grow. */
export async function receiveGrowing(
  options: SegmentsOptions,
  upload: Upload,
  { segment, growth }: Growing,
  { data, check, onMove, signal }: Arrival,
): Promise<Arrived> {
  const before = upload.received - growth.size;
  const note = (size: number) =>
    noteReceived(options, upload, before + size, (db) => setSegmentSize(db, segment.dataId, size));
  const { size, cause } = await growth.append(moving(data, onMove), {
    check,
    onKept: note,
    signal,
  });
  await note(size);
  return { received: before + size, cause };
}

/** Has `onMove` told of what comes. */
function moving(data: Readable, onMove: () => void): Readable {
  return data.on('data', onMove).pause();
}

/** Takes data in pieces of which each is whole in the store before the next begins. */
export async function receivePieces(
  options: SegmentsOptions,
  upload: Upload,
  store: Store,
  { data, check, onMove, signal }: Arrival,
): Promise<Arrived> {
  const segments = await listSegments(options.database.read, upload.id);
  let number = segments.at(-1)?.number ?? 0;
  let { received } = upload;
  const source = cutSource(moving(data, onMove), signal);
  // What is verified as a whole is kept as a whole.
  const size = check ? upload.size : Math.max(pieceSize, Math.ceil(upload.size / (maxPieces / 4)));
  while (await source.hasMore()) {
    if (received >= upload.size) throw moreThanAnnounced(upload);
    number += 1;
    const segment = await addSegment(options, upload, number);
    const piece = source.next(Math.min(size, upload.size - received));
    const put = { maxSize: upload.size - received, check: whole(check, source), signal: never };
    try {
      const stored = await store.put(segment.dataId, piece, put);
      received += stored.size;
      const { dataId } = segment;
      await noteReceived(options, upload, received, (db) =>
        setSegmentSize(db, dataId, stored.size),
      );
    } catch (cause) {
      await removeSegment(options, segment).catch(() => undefined);
      throw cause;
    }
  }
  return { received, cause: source.cause() };
}

/** A piece is kept although its sender is gone. */
const never = new AbortController().signal;

/** Data of which a checksum was sent is good for nothing when it was cut off. */
function whole(check: DataCheck | undefined, source: CutSource): DataCheck | undefined {
  return (
    check && {
      read: (bytes) => check.read(bytes),
      end(size) {
        if (source.cause() !== undefined) throw source.cause();
        check.end(size);
      },
    }
  );
}

export function moreThanAnnounced({ size }: Pick<Upload, 'size'>): DomainError {
  const text = `The data has more bytes than the ${size} that Upload-Length announced.`;
  return new DomainError('InvalidRequest', text);
}

function tooManyPieces(): DomainError {
  const text = `The upload has come in ${maxPieces} requests; send more bytes with each, from the beginning.`;
  return new DomainError('InvalidRequest', text);
}

interface CutSource {
  /** Waits for a byte; false at the end, or where the data was cut off. */
  hasMore(): Promise<boolean>;
  /** The next bytes, so many at most. */
  next(size: number): Readable;
  cause(): unknown;
}

/** Data that is read piece by piece and ends where it is cut off. */
function cutSource(data: Readable, signal: AbortSignal): CutSource {
  let rest: Buffer = Buffer.alloc(0);
  let cause: unknown;
  let isOver = false;
  const stop = (): void => void data.destroy(signal.reason);
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  // What it leaves unread is for whoever answers the sender.
  const chunks = data.iterator({ destroyOnReturn: false });

  async function read(): Promise<void> {
    try {
      const { value, done } = await chunks.next();
      if (done) isOver = true;
      else rest = value;
    } catch (error) {
      cause = error;
      isOver = true;
    }
  }

  async function hasMore(): Promise<boolean> {
    while (rest.length === 0 && !isOver) await read();
    return rest.length > 0;
  }

  async function* piece(size: number) {
    for (let left = size; left > 0 && (await hasMore()); ) {
      const bytes = rest.subarray(0, left);
      rest = rest.subarray(bytes.length);
      left -= bytes.length;
      yield bytes;
    }
  }

  return {
    hasMore,
    next: (size) => Readable.from(piece(size), { objectMode: false }),
    cause: () => cause,
  };
}

/** All that has come to an upload, from its first byte. */
export function segmentsData(stores: Stores, segments: readonly UploadSegment[]): Readable {
  async function* bytes() {
    for (const { dataId, store, size } of segments) {
      const { store: holder } = stores.named(store);
      await using reader = await holder.open(holder.locationOf(dataId));
      for (let position = 0; position < size; ) {
        const piece = Buffer.allocUnsafe(Math.min(readSize, size - position));
        const length = await reader.read(piece, position);
        if (length === 0) throw new Error(`Data ${dataId} of an upload ends before its end.`);
        position += length;
        yield piece.subarray(0, length);
      }
    }
  }
  return Readable.from(bytes(), { objectMode: false, highWaterMark: readSize });
}

/** Bytes read at a time to be put elsewhere. */
const readSize = 1024 * 1024;

/** Removes a piece that nobody needs. */
export async function removeSegment(
  { database, stores }: Pick<SegmentsOptions, 'database' | 'stores'>,
  { dataId, store }: UploadSegment,
): Promise<void> {
  await stores.named(store).store.discard(dataId);
  await database.transaction((db) => deleteSegment(db, dataId));
}
