import type { Database } from '../database/database.ts';
import { findImage } from '../database/images.ts';
import { DomainError } from '../domain/errors.ts';
import { exportInput } from '../domain/export-input.ts';
import type { Image } from '../domain/image.ts';
import { mib } from '../domain/quota.ts';
import type { Received } from '../store/receive.ts';
import { StoreError } from '../store/store.ts';
import { dataOf } from './copies.ts';
import { toRefusal } from './image-data.ts';
import type { TaskObjects } from './task-objects.ts';
import type { TaskRun, TaskWork } from './task-runner.ts';
import type { TaskTokens } from './task-tokens.ts';
import type { Verification } from './verification.ts';

export interface ExportWorkOptions {
  readonly database: Database;
  readonly verification: Verification;
  /** Undefined where tasks reach no objects: what was ordered while they did fails. */
  readonly objects: TaskObjects | undefined;
  readonly tokens: TaskTokens;
}

/** Tasks of type `export`: the data of an image becomes an object of its owner. @see Rackspace Cloud Images */
export function exportWork(options: ExportWorkOptions): TaskWork {
  const { tokens } = options;
  return {
    async run(run) {
      const objects = objectsOf(options);
      const { imageId, container } = exportInput(run.task.input);
      const image = await ownImage(options, run, imageId);
      const name = `${image.id}.${image.diskFormat}`;
      await send(options, run, { image, objects, container, name });
      await run.transaction((db) => run.succeed(db, { export_location: `${container}/${name}` }));
      tokens.release(run.task.id);
    },

    async giveUp(run, message) {
      tokens.release(run.task.id);
      await run.transaction((db) => run.fail(db, message));
    },
  };
}

/** Of an image of others it is not told that there is one. @throws DomainError `InvalidRequest` */
async function ownImage(
  { database }: ExportWorkOptions,
  { task }: TaskRun,
  imageId: string,
): Promise<Image> {
  const image = (await findImage(database.read, imageId, null))?.image;
  if (!image || image.owner !== task.owner) {
    throw new DomainError('InvalidRequest', `There is no image ${imageId} in your project.`);
  }
  if (image.status === 'active' && image.locations.length > 0) return image;
  throw new DomainError('InvalidRequest', `Image ${imageId} is ${image.status}, not active.`);
}

/** @throws DomainError `InvalidRequest` */
function objectsOf({ objects }: ExportWorkOptions): TaskObjects {
  if (objects) return objects;
  const text = 'Nothing is exported any more: task_object_store_url is not set.';
  throw new DomainError('InvalidRequest', text);
}

interface Sending {
  readonly objects: TaskObjects;
  readonly image: Image;
  readonly container: string;
  readonly name: string;
}

async function send(
  { verification }: ExportWorkOptions,
  run: TaskRun,
  { objects, image, container, name }: Sending,
): Promise<void> {
  try {
    await using reader = await verification.open(image, false);
    const data = dataOf(reader, () => run.signal.throwIfAborted());
    const onSent = (size: number) => run.tell(`Exported ${Math.floor(size / mib)} MiB`);
    const accept = (received: Received) => checkSame(image, received);
    await objects.send(run, { container, name }, { data, size: reader.size, onSent, accept });
  } catch (cause) {
    throw toRefusal(cause, image.id);
  }
}

/** What was read is judged as a whole as well: not all data has checksums of its chunks. @throws StoreError `Damaged` */
function checkSame(image: Image, { size, checksum, sha512 }: Received): void {
  const isSame =
    size === (image.size ?? size) &&
    checksum === (image.checksum ?? checksum) &&
    (image.osHashAlgo !== 'sha512' || sha512 === (image.osHashValue ?? sha512));
  if (isSame) return;
  throw new StoreError('Damaged', `The data of image ${image.id} is not what was stored.`);
}
