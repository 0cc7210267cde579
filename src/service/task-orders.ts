import type { Database } from '../database/database.ts';
import { findImage } from '../database/images.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import { type ImageDraft, newImage } from '../domain/image.ts';
import { checkProperties, checkVisibility } from '../domain/image-change.ts';
import { checkLimit } from '../domain/limits.ts';
import { objectPath } from '../domain/object-path.ts';
import type { Policy } from '../domain/policy.ts';
import { checkProperty, type PropertyProtection } from '../domain/property-protection.ts';
import type { OrderedTaskType, Task } from '../domain/task.ts';
import { missingInput, needsToken, taskInput } from '../domain/task-input.ts';
import type { Quotas } from './quotas.ts';
import type { TaskRunner } from './task-runner.ts';
import type { TaskTokens } from './task-tokens.ts';

/** What the properties of a new image say. */
export interface Drafted {
  readonly draft: ImageDraft;
  /** The first property that only the service sets. */
  readonly readOnly: string | undefined;
}

/** @throws DomainError `InvalidRequest` `NotPermitted` */
export type DraftOf = (properties: Readonly<Record<string, unknown>>) => Drafted;

export interface TaskOrdersOptions {
  readonly database: Database;
  readonly policy: Policy;
  readonly protection: PropertyProtection;
  readonly quotas: Quotas;
  readonly runner: TaskRunner;
  /** Refuses a URL that may not be asked. @throws DomainError `InvalidRequest` */
  readonly checkUrl: (url: string, field: string) => Promise<void>;
  readonly draftOf: DraftOf;
  /** Whether tasks take and make objects of callers. */
  readonly takesObjects: boolean;
  readonly tokens: TaskTokens;
  readonly clock: () => Date;
}

/** Tasks that callers order themselves. @see Images API v2, "Create task" */
export interface TaskOrders {
  /** @throws DomainError `NotPermitted` `InvalidRequest` `QuotaExceeded` */
  create(
    caller: Caller,
    order: {
      readonly type: OrderedTaskType;
      readonly input: Readonly<Record<string, unknown>>;
      readonly requestId: string;
      /** By which an object store is asked. */
      readonly token: string | undefined;
    },
  ): Promise<Task>;
  /** The types of tasks that can be ordered. */
  readonly types: readonly OrderedTaskType[];
}

export function taskOrdersService(options: TaskOrdersOptions): TaskOrders {
  const { database, runner, takesObjects, tokens } = options;
  return {
    types: takesObjects ? ['import', 'export'] : ['import'],

    async create(caller, { type, input, requestId, token }) {
      if (type === 'export') await checkExport(options, caller, input);
      // What is missing is told by the task.
      else if (missingInput(input, takesObjects) === undefined) {
        await checkImport(options, caller, input);
      }
      const asking = { needsToken: token !== undefined && needsToken(type, input, takesObjects) };
      const task = await database.transaction((db) =>
        runner.order(db, { ...{ type, imageId: null, input, caller, requestId }, ...asking }),
      );
      if (asking.needsToken && token !== undefined) tokens.hold(task.id, { caller, token });
      runner.wake();
      return task;
    },
  };
}

async function checkImport(
  options: TaskOrdersOptions,
  caller: Caller,
  input: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { from, isObject, properties } = taskInput(input, options.takesObjects);
  await checkImage(options, caller, properties);
  const field = 'input.import_from';
  if (isObject) objectPath(from, field);
  else await options.checkUrl(from, field);
}

/** Who may not have the data is refused; of an image that is not to be seen, the task tells no more than of none. */
async function checkExport(
  { database, policy }: TaskOrdersOptions,
  caller: Caller,
  { image_uuid: imageId }: Readonly<Record<string, unknown>>,
): Promise<void> {
  if (typeof imageId !== 'string') return;
  const seen = await findImage(database.read, imageId, caller.projectId);
  if (seen?.image.owner !== caller.projectId) return;
  const { image, membership } = seen;
  if (policy.allows('download_image', caller, { ...image, membership })) return;
  throw new DomainError('NotPermitted', `You may not download image ${image.id}.`);
}

/** Whether the caller could make such an image itself. */
async function checkImage(
  { database, policy, protection, quotas, draftOf, clock }: TaskOrdersOptions,
  caller: Caller,
  properties: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { draft, readOnly } = draftOf(properties);
  const image = newImage(draft, { id: '', owner: caller.projectId, now: clock() });
  if (image.owner !== caller.projectId || !policy.allows('add_image', caller, image)) {
    throw new DomainError('NotPermitted', 'You may not create this image in your project.');
  }
  checkVisibility(image.visibility, image, caller, policy);
  for (const name of image.properties.keys()) {
    checkProperty(protection, 'create', name, caller, image);
  }
  const fixed = readOnly ?? (draft.id === undefined ? undefined : 'id');
  if (fixed !== undefined) {
    throw new DomainError('NotPermitted', `input.image_properties: ${fixed} cannot be given.`);
  }
  const limits = await quotas.limitsOf(database.read, image.owner);
  checkLimit(image.tags.length, limits.tags, 'tags');
  checkProperties(image.properties, limits);
}
