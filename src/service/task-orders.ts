import type { Database } from '../database/database.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import { type ImageDraft, newImage } from '../domain/image.ts';
import { checkProperties, checkVisibility } from '../domain/image-change.ts';
import { checkLimit } from '../domain/limits.ts';
import type { Policy } from '../domain/policy.ts';
import { checkProperty, type PropertyProtection } from '../domain/property-protection.ts';
import type { Task } from '../domain/task.ts';
import { taskInput } from '../domain/task-input.ts';
import type { Quotas } from './quotas.ts';
import type { TaskRunner } from './task-runner.ts';

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
  readonly clock: () => Date;
}

/** Tasks that callers order themselves. @see Images API v2, "Create task" */
export interface TaskOrders {
  /** @throws DomainError `NotPermitted` `InvalidRequest` `QuotaExceeded` */
  create(
    caller: Caller,
    order: {
      readonly type: 'import';
      readonly input: Readonly<Record<string, unknown>>;
      readonly requestId: string;
    },
  ): Promise<Task>;
}

export function taskOrdersService(options: TaskOrdersOptions): TaskOrders {
  const { database, runner, checkUrl } = options;
  return {
    async create(caller, { type, input, requestId }) {
      const isWhole = ['import_from', 'import_from_format', 'image_properties'].every(
        (name) => input[name] !== undefined,
      );
      // What is missing is told by the task.
      if (isWhole) {
        const { from, properties } = taskInput(input);
        await checkImage(options, caller, properties);
        await checkUrl(from, 'input.import_from');
      }
      const task = await database.transaction((db) =>
        runner.order(db, { type, imageId: null, input, caller, requestId }),
      );
      runner.wake();
      return task;
    },
  };
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
