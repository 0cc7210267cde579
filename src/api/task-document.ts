import type { Task } from '../domain/task.ts';
import { wireTime } from './image-document.ts';

/** Writes a task. @see Images API v2, "Show task details" */
export function taskDocument(task: Task) {
  return {
    ...stub(task),
    input: task.input,
    result: task.result,
    message: task.message,
    ...(task.imageId !== null && { image_id: task.imageId }),
    request_id: task.requestId,
    user_id: task.userId,
  };
}

function stub(task: Task) {
  return {
    id: task.id,
    type: task.type,
    status: task.status,
    owner: task.owner,
    ...(task.expiresAt && { expires_at: wireTime(task.expiresAt) }),
    created_at: wireTime(task.createdAt),
    updated_at: wireTime(task.updatedAt),
    self: `/v2/tasks/${task.id}`,
    schema: '/v2/schemas/task',
  };
}

/** Writes a page of tasks; the links keep every parameter. @see Images API v2, "List tasks" */
export function taskListDocument(
  { tasks, next }: { readonly tasks: readonly Task[]; readonly next: string | undefined },
  query: URLSearchParams,
) {
  return {
    tasks: tasks.map(stub),
    first: listPath(query, undefined),
    ...(next !== undefined && { next: listPath(query, next) }),
    schema: '/v2/schemas/tasks',
  };
}

function listPath(query: URLSearchParams, marker: string | undefined): string {
  const rest = new URLSearchParams(query);
  rest.delete('marker');
  if (marker !== undefined) rest.set('marker', marker);
  return rest.size > 0 ? `/v2/tasks?${rest.toString()}` : '/v2/tasks';
}

/** Writes the tasks for an image, as they are kept. @see Images API v2, "Show tasks associated with image" */
export function imageTasksDocument(tasks: readonly Task[]) {
  return {
    tasks: tasks.map((task) => ({
      id: task.id,
      type: task.type,
      status: task.status,
      owner: task.owner,
      expires_at: task.expiresAt && keptTime(task.expiresAt),
      created_at: keptTime(task.createdAt),
      updated_at: keptTime(task.updatedAt),
      deleted_at: null,
      deleted: false,
      image_id: task.imageId,
      request_id: task.requestId,
      user_id: task.userId,
      input: task.input,
      result: task.result,
      message: task.message,
    })),
  };
}

/** With microseconds and without a zone, which is how Glance's database has it, and this call alone shows it. */
function keptTime(time: Date): string {
  return time.toISOString().replace('Z', '000');
}
