import { randomUUID } from 'node:crypto';
import type { Connection, Database } from '../database/database.ts';
import { deleteImageImport, findImageImport } from '../database/image-imports.ts';
import { listDocuments } from '../database/image-list.ts';
import {
  deleteImage,
  findImage,
  insertImage,
  insertUnwantedData,
  updateImage,
} from '../database/images.ts';
import { insertPendingDelete } from '../database/pending-deletes.ts';
import { findReservation, moveUsage, usageOf } from '../database/upload-reservations.ts';
import { deleteUpload, findUploadTo } from '../database/uploads.ts';
import type { Caller } from '../domain/caller.ts';
import type { Target } from '../domain/condition.ts';
import { DomainError } from '../domain/errors.ts';
import { deleteEvent, imageEvent } from '../domain/event.ts';
import { type Image, type ImageDraft, newImage } from '../domain/image.ts';
import {
  applyChanges,
  type ChangeRules,
  checkProperties,
  checkVisibility,
  type ImageChange,
} from '../domain/image-change.ts';
import type { ImageQuery } from '../domain/image-query.ts';
import { importProperties } from '../domain/import.ts';
import { checkLimit } from '../domain/limits.ts';
import type { ImageLocation, ToldPlaces } from '../domain/location.ts';
import type { Policy } from '../domain/policy.ts';
import { checkProperty } from '../domain/property-protection.ts';
import { mayBecome } from '../domain/status.ts';
import type { Events } from './events.ts';
import type { ImageCacheControl } from './image-cache.ts';
import type { ImageLocations } from './image-locations.ts';
import type { Quotas } from './quotas.ts';
import { sealedMarkers } from './sealed-markers.ts';
import { getSeenDocument, getSeenImage, maySee } from './seen-image.ts';
import { type ImagePage, listSeen, type SeenListOptions } from './seen-list.ts';
import type { TaskRunner } from './task-runner.ts';
import type { UnwantedData } from './unwanted-data.ts';

export interface ImagesOptions extends Omit<ChangeRules, 'limits' | 'locations'> {
  readonly database: Database;
  readonly unwantedData: UnwantedData;
  readonly runner: Pick<TaskRunner, 'end'>;
  readonly quotas: Quotas;
  readonly events: Events;
  readonly places: ImageLocations;
  /** Whether the data of deleted images is kept for a while. */
  readonly delayedDelete: boolean;
  readonly cache: Pick<ImageCacheControl, 'forget'>;
  /** 256 bits, the same in every process on the database. */
  readonly markerKey: Buffer;
  readonly clock: () => Date;
}

/** An image, or its JSON document where that is kept as the caller may read it: it need not be written again. */
export type ShownImage = (Image & ToldPlaces) | string;

/** The records of images. @see Images API v2, "Images" */
export interface Images {
  create(
    caller: Caller,
    draft: ImageDraft,
    readOnly: string | undefined,
  ): Promise<Image & ToldPlaces>;
  show(caller: Caller, imageId: string): Promise<ShownImage>;
  list(caller: Caller, query: ImageQuery): Promise<ImagePage<ShownImage>>;
  change(
    caller: Caller,
    imageId: string,
    changes: readonly ImageChange[],
  ): Promise<Image & ToldPlaces>;
  delete(caller: Caller, imageId: string): Promise<void>;
}

export function imagesService(options: ImagesOptions): Images {
  const { database, policy, protection, places } = options;
  const markers = sealedMarkers(options.markerKey);
  const readable = (image: Image, caller: Caller) =>
    places.told(protection.readable(image, caller), caller);
  return {
    create: async (caller, draft, readOnly) =>
      readable(await create(options, caller, draft, readOnly), caller),

    async show(caller, imageId) {
      if (!protection.hidesProperties && !places.isTold) {
        return getSeenDocument(database.read, caller, imageId, policy);
      }
      const { image } = await getSeenImage(database.read, caller, imageId, policy);
      return readable(image, caller);
    },

    list: (caller, query) => list({ ...options, markers }, caller, query),

    async change(caller, imageId, changes) {
      const { image, unwanted } = await change(options, caller, imageId, changes);
      for (const location of unwanted) options.unwantedData.remove(location);
      return readable(image, caller);
    },

    async delete(caller, imageId) {
      const locations = await database.transaction(async (db) => {
        const { image, membership } = await getSeenImage(db, caller, imageId, policy);
        checkDelete({ ...image, membership }, caller, policy);
        return removeImage(options, db, image);
      });
      for (const location of locations) options.unwantedData.remove(location);
      options.cache.forget(imageId);
    },
  };
}

async function change(
  options: ImagesOptions,
  caller: Caller,
  imageId: string,
  changes: readonly ImageChange[],
): Promise<{ readonly image: Image; readonly unwanted: readonly ImageLocation[] }> {
  const { database, policy, protection, places, quotas, events, clock } = options;
  const locations = await places.rulesFor(caller, imageId, changes);
  return await database.transaction(async (db) => {
    const { image, membership } = await getSeenImage(db, caller, imageId, policy);
    if (changes.length === 0) return { image, unwanted: [] };
    const limits = await quotas.limitsOf(db, image.owner);
    const rules = { policy, protection, limits, locations };
    const changed = applyChanges({ ...image, membership }, changes, caller, rules);
    const saved = { ...changed, updatedAt: clock() };
    if (saved.owner !== image.owner) await changeOwner(options, db, image, saved.owner);
    const unwanted = locations
      ? await places.save(db, { image: saved, before: image, limits })
      : [];
    if (!locations) await updateImage(db, saved, image);
    await events.record(db, imageEvent('image.update', saved));
    if (saved.status !== image.status) await events.record(db, imageEvent('image.activate', saved));
    return { image: saved, unwanted };
  });
}

/** Removes an image for good or, if the operator says so, for a while; returns where unwanted data lies. */
async function removeImage(
  options: ImagesOptions,
  db: Connection,
  image: Image,
): Promise<readonly ImageLocation[]> {
  const { events, clock } = options;
  const at = clock();
  const isComing = await endComing(options, db, image);
  const isKept = options.delayedDelete && image.locations.length > 0;
  if (isKept && mayBecome(image.status, 'pending_delete')) {
    await insertPendingDelete(db, image, at);
    await events.record(db, deleteEvent(image, { at, status: 'pending_delete' }));
    return isComing;
  }
  await deleteImage(db, image);
  await events.record(db, deleteEvent(image, { at, status: 'deleted' }));
  return [...isComing, ...image.locations];
}

/** Ends what brings data to an image; returns what is unwanted of it now. Whoever is at it notices. */
async function endComing(
  { unwantedData, runner }: ImagesOptions,
  db: Connection,
  image: Image,
): Promise<readonly ImageLocation[]> {
  const task = image.properties.get(importProperties.task);
  if (task !== undefined) await runner.end(db, task, `Image ${image.id} was deleted.`);
  if (image.status === 'saving' || image.status === 'uploading') {
    const reservation = await findReservation(db, image.id);
    if (reservation) await unwantedData.noteUpload(db, reservation);
    const upload = await findUploadTo(db, image.id);
    if (upload) {
      // Whoever was to end it may have put the data in the image's place, and be gone.
      await unwantedData.noteUpload(db, { store: upload.store, dataId: image.id });
      await deleteUpload(db, upload.id);
    }
  }
  if (task === undefined && image.status !== 'uploading') return [];
  const coming = await findImageImport(db, image.id);
  if (!coming) return [];
  await deleteImageImport(db, coming);
  if (!coming.staged) return [];
  await insertUnwantedData(db, coming.staged);
  return [coming.staged];
}

/** Checks come in the order of the contract, so that of several faults clients are told the same one. */
async function create(
  { database, quotas, policy, protection, events, clock }: ImagesOptions,
  caller: Caller,
  draft: ImageDraft,
  readOnly: string | undefined,
): Promise<Image> {
  const image = newImage(draft, {
    id: draft.id ?? randomUUID(),
    owner: caller.projectId,
    now: clock(),
  });
  checkOwner(image, caller, policy);
  checkVisibility(image.visibility, image, caller, policy);
  await database.transaction(async (db) => {
    const limits = await quotas.limitsOf(db, image.owner);
    await quotas.check(db, { projectId: image.owner, limits }, { images: 1 });
    for (const name of image.properties.keys()) {
      checkProperty(protection, 'create', name, caller, image);
    }
    checkLimit(image.tags.length, limits.tags, 'tags');
    if (readOnly) {
      throw new DomainError('NotPermitted', `${readOnly}: is set by the service alone.`);
    }
    checkProperties(image.properties, limits);
    if (await insertImage(db, image)) {
      await events.record(db, imageEvent('image.create', image));
      return;
    }
    throw new DomainError('DuplicateImage', `id: an image with ID ${image.id} exists or existed.`);
  });
  return image;
}

/** Moves what an image counts to its new owner, whose quotas hold for admins too. */
async function changeOwner(
  { quotas }: ImagesOptions,
  db: Connection,
  image: Image,
  owner: string | null,
): Promise<void> {
  const limits = await quotas.limitsOf(db, owner);
  await quotas.check(db, { projectId: owner, limits }, await usageOf(db, image));
  await moveUsage(db, image, owner);
}

function checkOwner(image: Image, caller: Caller, policy: Policy): void {
  if (policy.allows('add_image', caller, image)) return;
  throw new DomainError(
    'NotPermitted',
    image.owner === caller.projectId
      ? 'You may not create images in this project.'
      : 'owner: you may not create an image for another project.',
  );
}

function checkDelete(image: Image & Target, caller: Caller, policy: Policy): void {
  if (!policy.allows('delete_image', caller, image)) {
    throw new DomainError('NotPermitted', `You may not delete image ${image.id}.`);
  }
  if (image.protected) {
    throw new DomainError(
      'NotPermitted',
      `Image ${image.id} is protected and cannot be deleted; set protected to false first.`,
    );
  }
}

async function list(
  options: ImagesOptions & Pick<SeenListOptions, 'markers'>,
  caller: Caller,
  query: ImageQuery,
): Promise<ImagePage<ShownImage>> {
  const { database, policy, protection, places } = options;
  // The rule looks at the caller's own project, of which every reader may list the images.
  const own = { owner: caller.projectId, visibility: 'private' } as const;
  if (!policy.allows('get_images', caller, own)) {
    throw new DomainError('NotPermitted', 'You may not list images.');
  }
  const after =
    query.marker === undefined ? undefined : await marker(options, caller, query.marker);
  // Whether an image matches must not tell what a property holds that the caller may not read.
  const isBlind = query.filters.some(
    (filter) => filter.kind === 'property' && !protection.mayFilter(filter.name, caller),
  );
  if (isBlind) return { images: [], next: undefined };
  const isPlain = !protection.hidesProperties && !places.isTold;
  if (policy.isOverridden('get_image') || !isPlain) {
    const { images, next } = await listSeen(options, caller, query, after);
    const readable = (image: Image) => places.told(protection.readable(image, caller), caller);
    return { images: images.map(readable), next };
  }
  // What the database lists is what the default rule lets the caller see; a full page may have another after it.
  const documents = await listDocuments(database.lists, caller, query, after);
  const last = documents.length === query.limit ? documents.at(-1) : undefined;
  return { images: documents.map(({ document }) => document), next: last?.image_id };
}

/** A marker that may not be seen is as unknown as one that is not there, unless it came from a page. */
async function marker(
  { database, policy, markers }: SeenListOptions,
  caller: Caller,
  given: string,
): Promise<Image> {
  const sealed = markers.open(given, caller);
  const seen = await findImage(database.read, sealed ?? given, caller.projectId);
  if (seen && (sealed !== undefined || maySee(seen, caller, policy))) return seen.image;
  throw new DomainError('InvalidRequest', `marker: no image found with ID ${given.slice(0, 255)}`);
}
