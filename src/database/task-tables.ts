import type { TaskStatus, TaskType } from '../domain/task.ts';
import type { LeaseColumns } from './lease-tables.ts';

/** Work that goes on after its request is answered. Times are milliseconds since the epoch. */
export interface TaskRow extends LeaseColumns {
  id: string;
  type: TaskType;
  status: TaskStatus;
  owner: string | null;
  user_id: string;
  request_id: string;
  image_id: string | null;
  /** JSON. */
  input: string;
  /** JSON. */
  result: string | null;
  message: string;
  /** How often it was begun. */
  attempts: number;
  /** Id of the process that has the token of whoever ordered it; null where the task needs none. */
  token_holder: string | null;
  created_at: number;
  updated_at: number;
  expires_at: number | null;
}

export interface TaskTables {
  tasks: TaskRow;
}
