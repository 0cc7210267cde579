/** Where a task is in its life. @see Images API v2, "Tasks" */
export const taskStatuses = ['pending', 'processing', 'success', 'failure'] as const;

export type TaskStatus = (typeof taskStatuses)[number];

/** The statuses that each status may turn into. */
const nextStatuses: Readonly<Record<TaskStatus, readonly TaskStatus[]>> = {
  pending: ['processing', 'failure'],
  processing: ['success', 'failure'],
  success: [],
  failure: [],
};

/** Whether a task may go from `from` to `to`. */
export function mayTurn(from: TaskStatus, to: TaskStatus): boolean {
  return nextStatuses[from].includes(to);
}

/** Whether nothing more comes of a task of that status. */
export function isOver(status: TaskStatus): boolean {
  return nextStatuses[status].length === 0;
}

/** Tasks that callers order themselves: an image and its data, an object of the data of an image. */
export type OrderedTaskType = 'export' | 'import';

/** What a task does; beside what callers order: data for an image, the hash of data that lies elsewhere. */
export type TaskType = OrderedTaskType | 'api_image_import' | 'location_import';

/** Work that goes on after its request is answered. */
export interface Task {
  /** UUID. */
  readonly id: string;
  readonly type: TaskType;
  readonly status: TaskStatus;
  /** The project that asked for it. */
  readonly owner: string | null;
  readonly userId: string;
  /** Of the request that asked for it. */
  readonly requestId: string;
  readonly imageId: string | null;
  readonly input: Readonly<Record<string, unknown>>;
  readonly result: Readonly<Record<string, unknown>> | null;
  /** For people: how far it is, or why it failed. */
  readonly message: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** When it is forgotten; null until it is over. */
  readonly expiresAt: Date | null;
}

/** How often a task is begun: what ended the process that ran it may have been the task itself. */
export const mostAttempts = 3;

const minute = 60_000;

/** For so long without a sign of life (ms) a task holds its image; then another one may take it over. */
const holdTimes: Partial<Readonly<Record<TaskStatus, number>>> = {
  pending: 120 * minute,
  processing: 60 * minute,
};

/** Whether a task still keeps other imports off its image. @see Glance, the lock of an import */
export function holdsImage({ status, updatedAt }: Task, now: Date): boolean {
  const time = holdTimes[status];
  return time !== undefined && now.getTime() - updatedAt.getTime() < time;
}
