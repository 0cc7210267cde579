import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Connection } from '../database/database.ts';
import { startSaving } from '../database/image-uploads.ts';
import {
  findUnused,
  findUpload,
  holdUpload,
  insertUpload,
  releaseUploads,
} from '../database/uploads.ts';
import { type Caller, isAdmin } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import { prepareEvent } from '../domain/event.ts';
import type { Image } from '../domain/image.ts';
import type { Upload } from '../domain/upload.ts';
import { type DataCheck, StoreError } from '../store/store.ts';
import {
  checkUpload,
  type ImageDataOptions,
  notQueued,
  targetOf,
  tooLarge,
  toRefusal,
} from './image-data.ts';
import type { Job } from './jobs.ts';
import { runningWork } from './running-work.ts';
import { getSeenImage } from './seen-image.ts';
import { complete, giveUp, giveUpLost, isFinal, lookAt, type Seen } from './upload-completion.ts';
import {
  holdTime,
  keepHold,
  type Turn,
  type UploadTurns,
  uploadBusy,
  uploadTurns,
} from './upload-holds.ts';
import { type SeenUploads, seenUploads } from './upload-looks.ts';
import {
  type Arrival,
  type Arrived,
  moreThanAnnounced,
  openGrowing,
  receiveGrowing,
  receivePieces,
} from './upload-segments.ts';
import { uploadTidying } from './upload-tidying.ts';

export interface UploadsOptions extends ImageDataOptions {
  /** For how long an upload is kept to which nothing comes, ms. */
  readonly timeToLive: number;
}

/** What an upload is to be. */
export interface NewUpload {
  readonly imageId: string;
  /** Bytes. */
  readonly size: number;
  /** Id of the store that is to have the data; undefined for the default one. */
  readonly store: string | undefined;
}

/** Data that goes on with an upload. */
export interface UploadPart {
  /** Where it begins, bytes. */
  readonly offset: number;
  readonly data: Readable;
  /** As its sender announced it, bytes. */
  readonly size: number | undefined;
  /** Looks at this data by itself. */
  readonly check: DataCheck | undefined;
  readonly signal: AbortSignal;
}

/** Data of images that may come in many requests. @see tus 1.0, https://tus.io/protocols/resumable-upload */
export interface Uploads {
  /**
   * Begins an upload. Asked again for the same by the same user, before anything has come, it gives the same one.
   *
   * @throws DomainError as a plain upload does before its first byte
   */
  create(caller: Caller, upload: NewUpload): Promise<Upload>;
  /** @throws DomainError `UploadNotFound` */
  show(caller: Caller, id: string): Promise<Upload>;
  /**
   * Takes data; once all has come the image is active when this resolves. What came before a failure stays.
   *
   * @throws DomainError `UploadNotFound` `InvalidStatusChange` for another offset, `UploadBusy`, and as a plain upload does
   */
  append(caller: Caller, id: string, part: UploadPart): Promise<Upload>;
  /** Ends an upload; its image is queued again, unless it has the data. @throws DomainError `UploadNotFound` */
  remove(caller: Caller, id: string): Promise<void>;
  /** Puts right what a crash of this process, or a restored backup, has left: called once at start. */
  recover(): Promise<void>;
  readonly jobs: readonly Job[];
  /** Resolves once everything begun is done. */
  settled(): Promise<void>;
}

/** After nothing has come for so long (ms), whoever asks how far an upload is wants to go on with it. */
const idleTime = 2000;

interface Context extends ImageDataOptions {
  readonly expiry: () => Date;
  readonly turns: UploadTurns;
  readonly seen: SeenUploads;
}

export function uploadsService(given: UploadsOptions): Uploads {
  const { database, clock, timeToLive } = given;
  const expiry = () => new Date(clock().getTime() + timeToLive);
  const options: Context = { ...given, expiry, turns: uploadTurns(), seen: seenUploads() };
  const tidying = uploadTidying(options);
  const interval = Math.min(10_000, timeToLive / 2);
  const running = runningWork();

  return {
    create: (caller, upload) => running.run(create(options, caller, upload)),

    async show(caller, id) {
      await findOwn(database.read, caller, id);
      await options.turns.displaceIdle(id, idleTime);
      return findOwn(database.read, caller, id);
    },

    append: (caller, id, part) => running.run(append(options, caller, id, part)),
    remove: (caller, id) => running.run(remove(options, caller, id)),

    async recover() {
      await database.transaction((db) => releaseUploads(db, database.processes.id));
      if (!database.processes.isShared) await giveUpLost(options);
    },

    jobs: [
      {
        name: 'end of uploads',
        interval,
        failure: 'Uploads could not be ended; it is tried again.',
        run: (signal) => running.run(tidying.endExpired(signal)),
      },
      {
        name: 'completion of uploads',
        interval,
        failure: 'Uploads that are whole could not be brought to their images; it is tried again.',
        run: (signal) => running.run(tidying.completeWhole(signal)),
      },
    ],

    async settled() {
      await running.settled();
      options.seen.clear();
    },
  };
}

/** The upload, if it is there for this caller: nothing tells another project's from one that is not there. */
async function findOwn(db: Connection, caller: Caller, id: string): Promise<Upload> {
  const upload = await findUpload(db, id);
  if (upload && (upload.projectId === caller.projectId || isAdmin(caller))) return upload;
  throw new DomainError('UploadNotFound', `No upload found with ID ${id.slice(0, 255)}`);
}

async function create(
  options: Context,
  caller: Caller,
  { imageId, size, store }: NewUpload,
): Promise<Upload> {
  const { database, stores, quotas, policy, events, clock, expiry } = options;
  const { projectId, userId } = caller;
  const target = targetOf(stores, store);
  const upload = await database.transaction(async (db) => {
    const { image, membership } = await getSeenImage(db, caller, imageId, policy);
    const isPermitted = policy.allows('upload_image', caller, { ...image, membership });
    if (isPermitted && image.status === 'saving' && projectId !== null) {
      // Whoever asks twice did not hear the first answer.
      const wanted = { imageId: image.id, projectId, userId, store: stores.idOf(target), size };
      const begun = await findUnused(db, wanted);
      if (begun) return begun;
    }
    checkUpload(image, isPermitted);
    // An upload is some project's.
    if (projectId === null) {
      throw new DomainError('NotPermitted', 'A token for a project is wanted for uploads.');
    }
    const limits = await quotas.limitsOf(db, image.owner);
    if (limits.imageSize >= 0 && size > limits.imageSize) throw tooLarge(limits.imageSize);
    const updatedAt = clock();
    if (!(await startSaving(db, image.id, updatedAt))) throw notQueued(image);
    const saving = { ...image, status: 'saving', updatedAt } as const;
    await events.record(db, prepareEvent(saving, target.store.id));
    await quotas.check(db, { projectId: image.owner, limits }, { uploads: 1, bytes: size });
    const made: Upload = {
      id: randomUUID(),
      imageId: image.id,
      projectId,
      userId,
      imageOwner: image.owner,
      store: stores.idOf(target),
      size,
      received: 0,
      isDone: false,
      expiresAt: expiry(),
    };
    await insertUpload(db, made);
    return made;
  });
  if (size > 0) return upload;
  await using turn = await options.turns.take(upload.id);
  await hold(options, upload.id);
  await using _held = keepHold(database, upload.id, () => true);
  return await finish(options, upload, { turn, seen: undefined });
}

async function hold({ database }: Context, id: string): Promise<void> {
  const held = { holder: database.processes.id, ttl: holdTime };
  if (!(await database.transaction((db) => holdUpload(db, id, held)))) throw uploadBusy();
}

async function append(
  options: Context,
  caller: Caller,
  id: string,
  part: UploadPart,
): Promise<Upload> {
  const { database, turns, seen } = options;
  // Who may not know of it must not disturb it.
  await findOwn(database.read, caller, id);
  await using turn = await turns.take(id);
  const { upload, image } = await begin(options, caller, { id, part });
  if (upload.isDone) return upload;
  let moved = true;
  const isMoving = () => {
    const hasMoved = moved;
    moved = turn.isKept();
    return hasMoved || turn.isKept();
  };
  await using _held = keepHold(database, id, isMoving);
  const onMove = () => {
    moved = true;
    turn.move();
  };
  const arrived = await take(options, { upload, image, part, turn, onMove }).catch(
    (cause: unknown) => refuse(options, upload, cause),
  );
  const now = { ...upload, received: arrived.received, expiresAt: options.expiry() };
  if (now.received < now.size || arrived.cause !== undefined) {
    if (arrived.cause === undefined) return now;
    if (now.received < now.size || isTooMuch(arrived.cause)) throw causeOf(upload, arrived.cause);
  }
  return await finish(options, now, { turn, seen: seen.take(id) });
}

/** Judges whether this may go on now, and makes it this process's. */
async function begin(
  { database, policy }: Context,
  caller: Caller,
  { id, part }: { readonly id: string; readonly part: UploadPart },
): Promise<{ readonly upload: Upload; readonly image: Image }> {
  return await database.transaction(async (db) => {
    const known = await findOwn(db, caller, id);
    const { image, membership } = await getSeenImage(db, caller, known.imageId, policy);
    if (!policy.allows('upload_image', caller, { ...image, membership })) {
      throw new DomainError('NotPermitted', `You may not upload data to image ${image.id}.`);
    }
    const isFree = await holdUpload(db, id, { holder: database.processes.id, ttl: holdTime });
    if (!isFree) throw uploadBusy();
    // Read anew: it may have waited for another to let it go.
    const upload = await findOwn(db, caller, id);
    if (part.offset !== upload.received) {
      const text = `Upload-Offset: the upload is at ${upload.received}, not at ${part.offset}.`;
      throw new DomainError('InvalidStatusChange', text);
    }
    if (part.size !== undefined && part.offset + part.size > upload.size) {
      throw moreThanAnnounced(upload);
    }
    return { upload, image };
  });
}

interface Taking {
  readonly upload: Upload;
  readonly image: Image;
  readonly part: UploadPart;
  readonly turn: Turn;
  readonly onMove: () => void;
}

/** Takes the data of one request. */
async function take(
  options: Context,
  { upload, image, part: { data, check, signal: given }, turn, onMove }: Taking,
): Promise<Arrived> {
  const { seen, stores } = options;
  const { store } = stores.named(upload.store);
  const signal = AbortSignal.any([given, turn.displaced]);
  if (!store.grow) {
    const arrival: Arrival = { data, check, onMove, signal };
    return await receivePieces(options, upload, store, arrival);
  }
  const known = seen.take(upload.id);
  const going = known && known.at === upload.received ? known : undefined;
  if (known && !going) known.growing.growth[Symbol.dispose]();
  const look = going?.look ?? (await lookAt(options, image));
  const growing =
    going?.growing ?? (await openGrowing(options, upload, { grow: store.grow, look: look.check }));
  try {
    const arrived = await receiveGrowing(options, upload, growing, { data, check, onMove, signal });
    seen.keep(upload.id, { growing, look, at: arrived.received });
    return arrived;
  } catch (error) {
    growing.growth[Symbol.dispose]();
    throw error;
  }
}

/** What data is refused for by a look at its content ends the upload; all else leaves it as it is. */
async function refuse(options: Context, upload: Upload, cause: unknown): Promise<never> {
  const refusal = toRefusal(cause, upload.imageId);
  if (isFinal(refusal)) await giveUp(options, upload, refusal.message);
  throw refusal;
}

function isTooMuch(cause: unknown): boolean {
  return cause instanceof StoreError && cause.code === 'TooLarge';
}

function causeOf(upload: Upload, cause: unknown): unknown {
  return isTooMuch(cause) ? moreThanAnnounced(upload) : cause;
}

interface Finishing {
  readonly turn: Turn;
  readonly seen: Seen | undefined;
}

async function finish(
  options: Context,
  upload: Upload,
  { turn, seen }: Finishing,
): Promise<Upload> {
  turn.keepOn();
  try {
    await complete(options, upload, seen);
  } finally {
    seen?.growing.growth[Symbol.dispose]();
  }
  return { ...upload, received: upload.size, isDone: true };
}

async function remove(options: Context, caller: Caller, id: string): Promise<void> {
  const { database, policy, turns, seen } = options;
  const known = await findOwn(database.read, caller, id);
  if (!policy.allows('upload_image', caller, { owner: known.imageOwner, visibility: 'private' })) {
    throw new DomainError('NotPermitted', `You may not end upload ${id}.`);
  }
  await using _turn = await turns.take(id);
  seen.take(id)?.growing.growth[Symbol.dispose]();
  await findOwn(database.read, caller, id);
  await hold(options, id);
  await giveUp(options, known, 'its sender gave it up');
}
