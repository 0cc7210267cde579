import { randomUUID } from 'node:crypto';
import type { Task } from '../../src/domain/task.ts';

/** A task of nobody in particular that waits. */
export function taskWith(fields: Partial<Task> = {}): Task {
  return {
    id: randomUUID(),
    type: 'api_image_import',
    status: 'pending',
    owner: 'project',
    userId: 'user',
    requestId: 'req-1',
    imageId: null,
    input: { import_req: { method: { name: 'glance-direct' } } },
    result: null,
    message: '',
    createdAt: new Date(1000),
    updatedAt: new Date(1000),
    expiresAt: null,
    ...fields,
  };
}
