import { randomUUID } from 'node:crypto';
import type { Connection } from '../database/database.ts';
import { insertImageImport } from '../database/image-imports.ts';
import { saveData } from '../database/image-uploads.ts';
import { deleteImage, findImage, insertImage } from '../database/images.ts';
import { findTaskImage, setTaskImage } from '../database/task-claims.ts';
import { deleteEvent, imageEvent, prepareEvent } from '../domain/event.ts';
import { newImage } from '../domain/image.ts';
import { importProperties, withImportState } from '../domain/import.ts';
import { importInput } from '../domain/import-order.ts';
import type { ImageLocation } from '../domain/location.ts';
import { taskInput } from '../domain/task-input.ts';
import { forgetImport, type ImportWorkOptions, importWork } from './import-work.ts';
import type { Quotas } from './quotas.ts';
import type { DraftOf } from './task-orders.ts';
import type { TaskRun, TaskWork } from './task-runner.ts';

export interface ImportTaskWorkOptions extends ImportWorkOptions {
  readonly quotas: Quotas;
  readonly draftOf: DraftOf;
}

/** Tasks of type `import`: an image is made, and data from elsewhere becomes its own. One that fails leaves no image. */
export function importTaskWork(options: ImportTaskWorkOptions): TaskWork {
  const importing = importWork(options);
  return {
    async run(run) {
      const { from } = taskInput(run.task.input);
      const imageId = run.task.imageId ?? (await makeImage(options, run));
      await importing.run(asImport(options, run, { imageId, from }));
    },

    async giveUp(run, message) {
      const unwanted = await run.transaction((db) => giveUp(options, db, { run, message }));
      for (const location of unwanted) options.unwantedData.remove(location);
    },
  };
}

/** The same go, as the import of an image that is there. */
function asImport(
  { stores }: ImportTaskWorkOptions,
  run: TaskRun,
  { imageId, from }: { readonly imageId: string; readonly from: string },
): TaskRun {
  const method = { name: 'web-download' as const, uri: from };
  const request = { method, stores: undefined, allStores: false, allMustSucceed: true };
  const input = importInput(request, [stores.default.store.id], imageId);
  return { ...run, task: { ...run.task, imageId, input } };
}

/** Makes the image, and notes it as the task's in the same transaction: who begins anew finds it. */
async function makeImage(
  { quotas, draftOf, stores, events, clock }: ImportTaskWorkOptions,
  run: TaskRun,
): Promise<string> {
  const { draft } = draftOf(taskInput(run.task.input).properties);
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
