import type { Database } from '../database/database.ts';
import { findTask, listImageTasks, listTasks } from '../database/tasks.ts';
import { type Caller, isAdmin } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import type { Policy } from '../domain/policy.ts';
import type { Task } from '../domain/task.ts';
import type { TaskQuery } from '../domain/task-query.ts';
import { getSeenImage } from './seen-image.ts';

export interface TasksOptions {
  readonly database: Database;
  readonly policy: Policy;
  readonly clock: () => Date;
}

/** A page of tasks. */
export interface TaskPage {
  readonly tasks: readonly Task[];
  /** The marker of the page after this one; undefined when this is the last. */
  readonly next: string | undefined;
}

/** What is known of work that goes on after its request is answered. @see Images API v2, "Tasks" */
export interface Tasks {
  /** @throws DomainError `NotPermitted` */
  demandAccess(caller: Caller): void;
  /** @throws DomainError `NotPermitted` `InvalidRequest` */
  list(caller: Caller, query: TaskQuery): Promise<TaskPage>;
  /** @throws DomainError `NotPermitted` `TaskNotFound` */
  show(caller: Caller, taskId: string): Promise<Task>;
  /** Those of the caller's own project, the oldest first; an admin sees all. @throws DomainError `ImageNotFound` */
  ofImage(caller: Caller, imageId: string): Promise<readonly Task[]>;
}

export function tasksService({ database, policy, clock }: TasksOptions): Tasks {
  const { read } = database;

  function demandAccess(caller: Caller): void {
    const own = { owner: caller.projectId, visibility: 'private' } as const;
    if (policy.allows('tasks_api_access', caller, own)) return;
    throw new DomainError('NotPermitted', 'You may not use the calls of tasks.');
  }

  /** With the operator's leave others than admins may ask too, but for what is their own. */
  function isSeen({ owner }: Task, caller: Caller): boolean {
    return isAdmin(caller) || owner === caller.projectId;
  }

  return {
    demandAccess,

    async list(caller, query) {
      demandAccess(caller);
      const now = clock();
      const after =
        query.marker === undefined ? undefined : await findTask(read, query.marker, now);
      if (query.marker !== undefined && !(after && isSeen(after, caller))) {
        throw new DomainError('InvalidRequest', 'marker: no task found with that ID.');
      }
      const own = { column: 'owner', value: caller.projectId ?? '' } as const;
      const filters = isAdmin(caller) ? query.filters : [...query.filters, own];
      const tasks = await listTasks(read, { ...query, filters }, { after, now });
      return { tasks, next: tasks.length === query.limit ? tasks.at(-1)?.id : undefined };
    },

    async show(caller, taskId) {
      demandAccess(caller);
      const task = await findTask(read, taskId, clock());
      if (task && isSeen(task, caller)) return task;
      throw new DomainError('TaskNotFound', `No task found with ID ${taskId.slice(0, 255)}`);
    },

    async ofImage(caller, imageId) {
      await getSeenImage(read, caller, imageId, policy);
      const owner = isAdmin(caller) ? undefined : caller.projectId;
      return listImageTasks(read, imageId, { owner, now: clock() });
    },
  };
}
