import type { Connection, Database } from '../database/database.ts';
import {
  findImageImport,
  type ImageImport,
  insertImageImport,
  updateImageImport,
} from '../database/image-imports.ts';
import { saveData } from '../database/image-uploads.ts';
import { findTask } from '../database/tasks.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import { prepareEvent } from '../domain/event.ts';
import type { Image } from '../domain/image.ts';
import {
  checkImportable,
  type ImportRequest,
  importProperties,
  storesIn,
  withImportState,
} from '../domain/import.ts';
import { type ImportInjection, withInjected } from '../domain/import-injection.ts';
import { importInput } from '../domain/import-order.ts';
import type { SeenImage } from '../domain/member.ts';
import type { Policy } from '../domain/policy.ts';
import { holdsImage } from '../domain/task.ts';
import type { ConfiguredStore, Stores } from '../store/stores.ts';
import type { Events } from './events.ts';
import type { Quotas } from './quotas.ts';
import type { Regions } from './regions.ts';
import { getSeenImage } from './seen-image.ts';
import type { TaskRunner } from './task-runner.ts';
import type { TaskTokens } from './task-tokens.ts';

export interface ImportsOptions {
  readonly database: Database;
  readonly stores: Stores;
  readonly policy: Policy;
  readonly quotas: Quotas;
  readonly events: Events;
  readonly runner: TaskRunner;
  /** Refuses a URL that may not be asked. @throws DomainError `InvalidRequest` */
  readonly checkUrl: (url: string, field: string) => Promise<void>;
  readonly regions: Regions;
  readonly tokens: TaskTokens;
  readonly injection: ImportInjection;
  readonly clock: () => Date;
}

/** An import that is ordered. */
export interface Ordering {
  readonly request: ImportRequest;
  readonly requestId: string;
  /** Of the caller, by which another region is asked; undefined where it has shown none of its own. */
  readonly token: string | undefined;
}

/** Data that comes in without being uploaded to its place. @see Images API v2, "Import an image" */
export interface Imports {
  /** Orders an import; once this resolves it is done whatever happens, unless it cannot be. */
  begin(caller: Caller, imageId: string, order: Ordering): Promise<void>;
}

export function importsService(options: ImportsOptions): Imports {
  return {
    async begin(caller, imageId, { request, requestId, token }) {
      const { database, policy, runner, checkUrl, regions, tokens } = options;
      if (request.method.name === 'web-download') {
        // Before a URL is looked at, its image must be there to be seen.
        await getSeenImage(database.read, caller, imageId, policy);
        await checkUrl(request.method.uri, 'method.uri');
      }
      if (request.method.name === 'glance-download') regions.check(request.method.region);
      const needsToken = request.method.name === 'glance-download' && token !== undefined;
      const task = await database.transaction(async (db) => {
        const seen = await getSeenImage(db, caller, imageId, policy);
        return await order(options, db, { caller, seen, request, requestId, needsToken });
      });
      if (needsToken && task !== undefined) tokens.hold(task, { caller, token });
      runner.wake();
    },
  };
}

interface Asked {
  readonly caller: Caller;
  readonly seen: SeenImage;
  readonly request: ImportRequest;
  readonly requestId: string;
  readonly needsToken: boolean;
}

/** @returns the id of the task; undefined when there is nothing to do */
async function order(
  options: ImportsOptions,
  db: Connection,
  asked: Asked,
): Promise<string | undefined> {
  const { stores, events, runner, clock } = options;
  const { caller, seen, request, requestId, needsToken } = asked;
  const { image } = seen;
  const method = request.method.name;
  checkImportable(image, method);
  const targets = targetsOf(stores, request, image);
  checkPermission(options, asked);
  if (targets.length === 0) return undefined;
  await checkLock(options, db, image);
  await reserve(options, db, { image, method, copies: targets.length });
  const ids = targets.map(({ store }) => store.id);
  const { id: task } = await runner.order(db, {
    type: 'api_image_import',
    imageId: image.id,
    input: importInput(request, ids, image.id),
    caller,
    requestId,
    needsToken,
  });
  const shown = stores.isSeveral ? ids : [];
  const failed = storesIn(image, 'failed').filter((id) => !ids.includes(id));
  const isCopy = method === 'copy-image';
  const own = isCopy ? image : withInjected(image, caller, options.injection);
  const told = withImportState(own, { task, importing: shown, failed });
  const status = isCopy ? image.status : 'importing';
  const saved = { ...told, status, updatedAt: clock() };
  await saveData(db, saved, image);
  await events.record(db, prepareEvent(saved, ids.join(',')));
  return task;
}

/** The stores that are to have the data. @throws DomainError `InvalidStatusChange` `InvalidRequest` */
function targetsOf(
  stores: Stores,
  { method, stores: named, allStores }: ImportRequest,
  image: Image,
): readonly ConfiguredStore[] {
  const ids = named ?? [stores.default.store.id];
  const wanted = allStores ? stores.writable : ids.map((id) => known(stores, id));
  if (method.name !== 'copy-image') return wanted;
  const holding = image.locations.map((location) => stores.of(location));
  const present = wanted.filter((one) => holding.includes(one));
  if (allStores) return wanted.filter((one) => !present.includes(one));
  const [first] = present;
  if (!first) return wanted;
  throw new DomainError('InvalidRequest', `stores: ${first.store.id} has the image already.`);
}

function known(stores: Stores, id: string): ConfiguredStore {
  const found = stores.find(id);
  if (found?.type === 'http') {
    throw new DomainError('InvalidStatusChange', `stores: store ${id} is for reading alone.`);
  }
  if (found) return found;
  throw new DomainError('InvalidStatusChange', `stores: there is no store ${id.slice(0, 80)}.`);
}

/** States are told of before permissions, as Glance does. @throws DomainError `NotPermitted` */
function checkPermission({ policy }: ImportsOptions, { caller, seen, request }: Asked): void {
  const { image, membership } = seen;
  const isCopy = request.method.name === 'copy-image';
  const rule = isCopy ? 'copy_image' : 'modify_image';
  if (policy.allows(rule, caller, { ...image, membership })) return;
  const what = isCopy ? 'copy image' : 'import data for image';
  throw new DomainError('NotPermitted', `You may not ${what} ${image.id}.`);
}

/** One import at a time; what nobody has been at for long is taken over. @throws DomainError `InvalidStatusChange` */
async function checkLock(
  { runner, clock }: ImportsOptions,
  db: Connection,
  image: Image,
): Promise<void> {
  const id = image.properties.get(importProperties.task);
  if (id === undefined) return;
  const task = await findTask(db, id, clock());
  if (task && holdsImage(task, clock())) {
    const text = `Image ${image.id} is being imported by task ${id}; wait for its end.`;
    throw new DomainError('InvalidStatusChange', text);
  }
  await runner.end(db, id, 'Another import has taken its image over.');
}

interface Wanted {
  readonly image: Image;
  readonly method: ImportRequest['method']['name'];
  readonly copies: number;
}

/** Sets room aside for every copy, as far as the size is known. @throws DomainError `QuotaExceeded` */
async function reserve(
  { quotas }: ImportsOptions,
  db: Connection,
  { image, method, copies }: Wanted,
): Promise<void> {
  const { id: imageId, owner: projectId } = image;
  const limits = await quotas.limitsOf(db, projectId);
  const known = await findImageImport(db, imageId);
  const size = method === 'copy-image' ? (image.size ?? 0) : (known?.staged?.size ?? 0);
  const bytes = size * copies;
  // What is staged counts as an upload already, and so does what another import has left.
  await quotas.check(db, { projectId, limits }, { uploads: known ? 0 : 1, bytes });
  const fresh: ImageImport = { imageId, projectId, bytes, stagedBytes: 0, staged: undefined };
  if (known) await updateImageImport(db, known, { bytes });
  else await insertImageImport(db, fresh);
  if (method === 'glance-direct' && !known?.staged) {
    throw new DomainError('InvalidStatusChange', `The data of image ${imageId} is still coming.`);
  }
}
