import type { TaskStatus, TaskType } from '../domain/task.ts';

/** Work that goes on after its request is answered. Times are milliseconds since the epoch. */
export interface TaskRow {
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
  /** The process that is at it; null when it waits for one. */
  process_id: string | null;
  /** How often it was begun. */
  attempts: number;
  created_at: number;
  updated_at: number;
  expires_at: number | null;
}

export interface TaskTables {
  tasks: TaskRow;
}
