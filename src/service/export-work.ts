import type { Database } from '../database/database.ts';
import { findImage } from '../database/images.ts';
import { DomainError } from '../domain/errors.ts';
import { exportInput } from '../domain/export-input.ts';
import type { Image } from '../domain/image.ts';
import { mib } from '../domain/quota.ts';
import type { Stores } from '../store/stores.ts';
import { byWeight, dataOf, openFirst } from './copies.ts';
import { toRefusal } from './image-data.ts';
import type { TaskObjects } from './task-objects.ts';
import type { TaskRun, TaskWork } from './task-runner.ts';
import type { TaskTokens } from './task-tokens.ts';

export interface ExportWorkOptions {
  readonly database: Database;
  readonly stores: Stores;
  readonly objects: TaskObjects;
  readonly tokens: TaskTokens;
}

/** Tasks of type `export`: the data of an image becomes an object of its owner. @see Rackspace Cloud Images */
export function exportWork(options: ExportWorkOptions): TaskWork {
  const { tokens } = options;
  return {
    async run(run) {
      const { imageId, container } = exportInput(run.task.input);
      const image = await ownImage(options, run, imageId);
      const name = `${image.id}.${image.diskFormat}`;
      await send(options, run, { image, container, name });
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

interface Sending {
  readonly image: Image;
  readonly container: string;
  readonly name: string;
}

async function send(
  { stores, objects }: ExportWorkOptions,
  run: TaskRun,
  { image, container, name }: Sending,
): Promise<void> {
  try {
    await using reader = await openFirst(stores, byWeight(stores, image.locations), image.size);
    const data = dataOf(reader, () => run.signal.throwIfAborted());
    const onSent = (size: number) => run.tell(`Exported ${Math.floor(size / mib)} MiB`);
    await objects.send(run, { container, name }, { data, size: reader.size, onSent });
  } catch (cause) {
    throw toRefusal(cause, image.id);
  }
}
