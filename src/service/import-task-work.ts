import { randomUUID } from 'node:crypto';
import type { Connection } from '../database/database.ts';
import { insertImageImport } from '../database/image-imports.ts';
import { saveData } from '../database/image-uploads.ts';
import { deleteImage, findImage, insertImage } from '../database/images.ts';
import { findTaskImage, setTaskImage } from '../database/task-claims.ts';
import { deleteEvent, imageEvent, prepareEvent } from '../domain/event.ts';
import { newImage } from '../domain/image.ts';
import { importProperties, withImportState } from '../domain/import.ts';
import { importFailure } from '../domain/import-failure.ts';
import { importInput } from '../domain/import-order.ts';
import type { ImageLocation } from '../domain/location.ts';
import { type TaskInput, taskInput } from '../domain/task-input.ts';
import { forgetImport, type ImportWorkOptions, importWork } from './import-work.ts';
import type { Quotas } from './quotas.ts';
import type { TaskObjects } from './task-objects.ts';
import type { DraftOf } from './task-orders.ts';
import type { TaskRun, TaskWork } from './task-runner.ts';

export interface ImportTaskWorkOptions extends ImportWorkOptions {
  readonly quotas: Quotas;
  readonly draftOf: DraftOf;
  /** Undefined where callers name no objects. */
  readonly objects: TaskObjects | undefined;
}

/** Tasks of type `import`: an image is made, and data from elsewhere becomes its own. One that fails leaves no image. */
export function importTaskWork(options: ImportTaskWorkOptions): TaskWork {
  const importing = importWork(options);
  return {
    async run(run) {
      const input = await wholeInput(options, run);
      const imageId = run.task.imageId ?? (await makeImage(options, run, input));
      await importing
        .run(asImport(options, run, { imageId, input }))
        .catch((cause: unknown) => Promise.reject(failureOf(input, cause)));
    },

    async giveUp(run, message) {
      options.source.release(run);
      const unwanted = await run.transaction((db) => giveUp(options, db, { run, message }));
      for (const location of unwanted) options.unwantedData.remove(location);
    },
  };
}

/** What the task is to do; of an object that nobody has said a format of, the one that it seems to have. */
async function wholeInput({ objects }: ImportTaskWorkOptions, run: TaskRun): Promise<TaskInput> {
  const input = taskInput(run.task.input, objects !== undefined);
  const { isObject, from, properties } = input;
  if (!isObject || !objects || properties['disk_format'] !== undefined) return input;
  const format = await objects.formatOf(run, from);
  return { ...input, properties: { ...properties, disk_format: format } };
}

function failureOf({ isObject, properties }: TaskInput, cause: unknown): unknown {
  return isObject ? importFailure(cause, properties['disk_format']) : cause;
}

interface ImageToFill {
  readonly imageId: string;
  readonly input: TaskInput;
}

/** The same go, as the import of an image that is there. */
function asImport(
  { stores }: ImportTaskWorkOptions,
  run: TaskRun,
  { imageId, input: { from, isObject } }: ImageToFill,
): TaskRun {
  const method = isObject
    ? { name: 'object-download' as const, from }
    : { name: 'web-download' as const, uri: from };
  const request = { method, stores: undefined, allStores: false, allMustSucceed: true };
  const input = importInput(request, [stores.default.store.id], imageId);
  return { ...run, task: { ...run.task, imageId, input } };
}

/** Makes the image, and notes it as the task's in the same transaction: who begins anew finds it. */
async function makeImage(
  { quotas, draftOf, stores, events, clock }: ImportTaskWorkOptions,
  run: TaskRun,
  { properties }: TaskInput,
): Promise<string> {
  const { draft } = draftOf(properties);
  const image = newImage(draft, { id: randomUUID(), owner: run.task.owner, now: clock() });
  await run.transaction(async (db) => {
    const limits = await quotas.limitsOf(db, image.owner);
    await quotas.check(db, { projectId: image.owner, limits }, { images: 1, uploads: 1 });
    await insertImage(db, image);
    await events.record(db, imageEvent('image.create', image));
    const id = stores.default.store.id;
    const told = withImportState(image, {
      task: run.task.id,
      importing: stores.isSeveral ? [id] : [],
      failed: [],
    });
    const saved = { ...told, status: 'importing' as const };
    await saveData(db, saved, image);
    await events.record(db, prepareEvent(saved, id));
    const nothing = { bytes: 0, stagedBytes: 0, staged: undefined };
    await insertImageImport(db, { imageId: image.id, projectId: image.owner, ...nothing });
    await setTaskImage(db, run.task.id, image.id);
  });
  return image.id;
}

interface Failing {
  readonly run: TaskRun;
  readonly message: string;
}

async function giveUp(
  { events, clock }: ImportTaskWorkOptions,
  db: Connection,
  { run, message }: Failing,
): Promise<readonly ImageLocation[]> {
  // The go may have made it just now.
  const imageId = await findTaskImage(db, run.task.id);
  await run.fail(db, message);
  const seen = imageId === undefined ? undefined : await findImage(db, imageId, null);
  if (!seen || seen.image.properties.get(importProperties.task) !== run.task.id) return [];
  const staged = await forgetImport(db, seen.image.id);
  await deleteImage(db, seen.image);
  await events.record(db, deleteEvent(seen.image, { at: clock(), status: 'deleted' }));
  return [...staged, ...seen.image.locations];
}
