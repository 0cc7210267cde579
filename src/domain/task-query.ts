import type { SortDirection } from './image-query.ts';

/** The columns that tasks may be sorted by. */
export const taskSortKeys = [
  'id',
  'type',
  'status',
  'owner',
  'created_at',
  'updated_at',
  'expires_at',
] as const;

export type TaskSortKey = (typeof taskSortKeys)[number];

/** The columns that tasks are found by, beside their type and status. */
export const taskFilterColumns = ['id', 'owner', 'user_id', 'request_id', 'image_id'] as const;

export type TaskFilterColumn = (typeof taskFilterColumns)[number];

/** A list of tasks as a caller asks for it. */
export interface TaskQuery {
  /** All must hold. */
  readonly filters: readonly {
    readonly column: TaskFilterColumn | 'status' | 'type';
    readonly value: string;
  }[];
  readonly sort: { readonly key: TaskSortKey; readonly direction: SortDirection };
  readonly limit: number;
  /** Id of the task after which the page starts. */
  readonly marker: string | undefined;
}
