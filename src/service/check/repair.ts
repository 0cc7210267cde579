import {
  deleteDataCheck,
  findDataCheck,
  insertDataCheck,
  markDamaged,
  unmarkDamaged,
} from '../../database/data-checks.ts';
import type { Connection, Database } from '../../database/database.ts';
import { deleteImageImport, findImageImport } from '../../database/image-imports.ts';
import { abandonUpload, saveData } from '../../database/image-uploads.ts';
import { findImage, insertUnwantedData } from '../../database/images.ts';
import { listComing, listRunningTasks } from '../../database/inventory.ts';
import { lockImage } from '../../database/locks.ts';
import { findPendingDelete } from '../../database/pending-deletes.ts';
import { recountUsage } from '../../database/usage.ts';
import type { Image } from '../../domain/image.ts';
import { importProperties, withoutImport } from '../../domain/import.ts';
import type { StoredObject } from '../../store/store.ts';
import type { ConfiguredStore, Stores } from '../../store/stores.ts';
import type { Finding } from './finding.ts';
import { isStuckImport, isStuckUpload } from './inventory.ts';
import { standingOf } from './named.ts';

/** What a check may put right. Each looks again, in its transaction, whether there is something to do. */
export interface Repair {
  /** Queues an image whose upload is gone. */
  endUpload(imageId: string): Promise<boolean>;
  /** Ends an import whose task is gone: the image keeps the copies that it has, or is queued. */
  endImport(imageId: string): Promise<boolean>;
  addCheck(imageId: string): Promise<boolean>;
  removeCheck(imageId: string): Promise<boolean>;
  /** Counts anew what a project uses. */
  recount(projectId: string): Promise<boolean>;
  /** Has callers told that the data is damaged; true when they are now. */
  markDamaged(imageId: string, position: number): Promise<boolean>;
  clearMark(imageId: string): Promise<boolean>;
  /** Moves what is nobody's aside, or removes it; what has become somebody's, or another, it leaves alone. */
  removeOrphan(place: ConfiguredStore, object: StoredObject): Promise<OrphanRepair>;
}

/** What has become of data that was nobody's; undefined when nothing has, `none` when there is no such data now. */
type OrphanRepair = Partial<Pick<Finding, 'advice' | 'outcome' | 'text'>> | 'none' | undefined;

export interface RepairOptions {
  readonly database: Database;
  readonly stores: Stores;
  /** Whether orphans are removed; else they are moved aside, where the store can do that. */
  readonly removesOrphans: boolean;
  readonly clock: () => Date;
}

export function repairOf(options: RepairOptions): Repair {
  const { database, clock } = options;
  const change = <T>(work: (db: Connection) => Promise<T>) => database.transaction(work);
  return {
    endUpload: (id) => change((db) => endUpload(db, id)),
    endImport: (id) => change((db) => endImport(db, id, clock())),

    addCheck: (id) =>
      change(async (db) => {
        const isThere = await hasData(db, id);
        if (!isThere || (await findDataCheck(db, id))) return isThere;
        // Looked at soon, which gives it its checksums.
        await insertDataCheck(db, id, { sums: undefined, at: clock() });
        return true;
      }),

    removeCheck: (id) =>
      change(async (db) => {
        if (await hasData(db, id)) return false;
        await deleteDataCheck(db, id);
        return true;
      }),

    async recount(projectId) {
      await change((db) => recountUsage(db, projectId));
      return true;
    },

    markDamaged: (id, position) =>
      change(async (db) => {
        if (!(await findDataCheck(db, id))) {
          await insertDataCheck(db, id, { sums: undefined, at: clock() });
        }
        await markDamaged(db, id, { position, at: clock() });
        return true;
      }),

    clearMark: (id) => change((db) => unmarkDamaged(db, id)),

    removeOrphan: (place, object) => change((db) => removeOrphan(options, db, { place, object })),
  };
}

/** The image as it is kept, be it deleted or not. */
async function hasData(db: Connection, id: string): Promise<boolean> {
  const image = (await findImage(db, id, null))?.image ?? (await findPendingDelete(db, id));
  return image !== undefined && image.locations.length > 0;
}

async function endUpload(db: Connection, id: string): Promise<boolean> {
  await lockImage(db, id);
  const seen = await findImage(db, id, null);
  if (!seen) return true;
  const uploads = await listComing(db, 'upload_reservations');
  const imports = await listComing(db, 'image_imports');
  const states = { uploads, imports, tasks: new Set<string>() };
  if (!isStuckUpload(dataOf(seen.image), states)) return true;
  return await abandonUpload(db, id);
}

function dataOf(image: Image) {
  return { ...image, sha512: null, task: image.properties.get(importProperties.task) };
}

async function endImport(db: Connection, id: string, at: Date): Promise<boolean> {
  await lockImage(db, id);
  const seen = await findImage(db, id, null);
  if (!seen) return true;
  const { image } = seen;
  const tasks = await listRunningTasks(db);
  const none = new Set<string>();
  if (!isStuckImport(dataOf(image), { tasks, uploads: none, imports: none })) return true;
  await saveData(db, { ...withoutImport(image), updatedAt: at }, image);
  const coming = await findImageImport(db, id);
  if (coming) await deleteImageImport(db, coming);
  if (coming?.staged) await insertUnwantedData(db, coming.staged);
  return true;
}

interface Orphan {
  readonly place: ConfiguredStore;
  readonly object: StoredObject;
}

/**
 * Looks at the records again and removes before the transaction ends: no upload of an image of that id begins, nor ends,
 * meanwhile, and all other data has an id that is noted before it is there.
 */
async function removeOrphan(
  { removesOrphans, stores }: RepairOptions,
  db: Connection,
  { place, object }: Orphan,
): Promise<OrphanRepair> {
  if (object.kind === 'foreign') return undefined;
  const { dataId, kind, name } = object;
  const { store } = place;
  await lockImage(db, dataId);
  const standing = await standingOf(db, { stores, place, dataId });
  if (standing === 'possible' || (standing && kind === 'whole')) return 'none';
  if (store.files) {
    const changedAt = await store.files.changedAt(name);
    if (changedAt?.getTime() !== object.changedAt.getTime()) return 'none';
  }
  const done = (how: string) =>
    ({ outcome: 'mended', text: `no record named it, and it was ${how}` }) as const;
  if (!removesOrphans) {
    return store.files && done(`moved to ${await store.files.setAside(name)}`);
  }
  if (store.files) await store.files.remove(name);
  // Elsewhere what an upload has left can only be removed with the data.
  else if (standing) return { advice: 'Its image has data: end it by the means of the store.' };
  else await store.discard(dataId);
  return done('removed');
}
