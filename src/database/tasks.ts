import { type Selectable, type SelectQueryBuilder, sql } from 'kysely';
import type { Task } from '../domain/task.ts';
import type { TaskQuery, TaskSortKey } from '../domain/task-query.ts';
import type { Connection } from './database.ts';
import { isUnkeepable } from './dialect.ts';
import type { Tables } from './tables.ts';
import type { TaskRow } from './task-tables.ts';

function taskFromRow(row: Selectable<TaskRow>): Task {
  return {
    id: row.id,
    type: row.type,
    status: row.status,
    owner: row.owner,
    userId: row.user_id,
    requestId: row.request_id,
    imageId: row.image_id,
    input: JSON.parse(row.input),
    result: row.result === null ? null : JSON.parse(row.result),
    message: row.message,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
    expiresAt: row.expires_at === null ? null : new Date(row.expires_at),
  };
}

/**
 * Keeps a new task, which waits to be claimed.
 *
 * @param tokenHolder id of the process that alone has the token which the task is to be done with, if it needs one
 */
export async function insertTask(
  db: Connection,
  task: Task,
  tokenHolder: string | null = null,
): Promise<void> {
  await db
    .insertInto('tasks')
    .values({
      id: task.id,
      type: task.type,
      status: task.status,
      owner: task.owner,
      user_id: task.userId,
      request_id: task.requestId,
      image_id: task.imageId,
      input: JSON.stringify(task.input),
      result: task.result && JSON.stringify(task.result),
      message: task.message,
      attempts: 0,
      token_holder: tokenHolder,
      created_at: task.createdAt.getTime(),
      updated_at: task.updatedAt.getTime(),
      expires_at: null,
    })
    .execute();
}

/** The task of that id, unless its time is over. */
export async function findTask(db: Connection, id: string, now: Date): Promise<Task | undefined> {
  if (isUnkeepable(db, id)) return undefined;
  const row = await unexpired(db, now).where('id', '=', id).executeTakeFirst();
  return row && taskFromRow(row);
}

/** Which of these tasks are not over yet. */
export async function listOpenTasks(
  db: Connection,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('tasks')
    .select('id')
    .where('id', 'in', ids)
    .where('status', 'in', ['pending', 'processing'])
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** Tasks for an image, the oldest first; of `owner` alone unless that is undefined. */
export async function listImageTasks(
  db: Connection,
  imageId: string,
  { owner, now }: { readonly owner: string | null | undefined; readonly now: Date },
): Promise<readonly Task[]> {
  const rows = await unexpired(db, now)
    .where('image_id', '=', imageId)
    .$if(owner !== undefined, (query) => query.where('owner', '=', owner ?? null))
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(taskFromRow);
}

/** A page of tasks. @param after the task that the page begins behind */
export async function listTasks(
  db: Connection,
  { filters, sort, limit }: TaskQuery,
  { after, now }: { readonly after: Task | undefined; readonly now: Date },
): Promise<readonly Task[]> {
  if (filters.some(({ value }) => isUnkeepable(db, value))) return [];
  const { key, direction } = sort;
  const isBehind = direction === 'asc' ? '>' : '<';
  let query = unexpired(db, now);
  for (const { column, value } of filters) query = query.where(column, '=', value);
  if (after) {
    const place = sql`(${sortValue(after, key)}, ${after.id})`;
    query = query.where(sql<boolean>`(${sortColumn(key)}, id) ${sql.raw(isBehind)} ${place}`);
  }
  const rows = await query
    .orderBy(sortColumn(key), direction)
    .orderBy('id', direction)
    .limit(limit)
    .execute();
  return rows.map(taskFromRow);
}

/** Nothing sorts before everything else, and never ends a page early. */
function sortColumn(key: TaskSortKey) {
  if (key === 'owner') return sql`coalesce(owner, '')`;
  return key === 'expires_at' ? sql`coalesce(expires_at, 0)` : sql.ref(key);
}

function sortValue(task: Task, key: TaskSortKey): string | number {
  switch (key) {
    case 'id':
    case 'type':
    case 'status':
      return task[key];
    case 'owner':
      return task.owner ?? '';
    case 'created_at':
      return task.createdAt.getTime();
    case 'updated_at':
      return task.updatedAt.getTime();
    case 'expires_at':
      return task.expiresAt?.getTime() ?? 0;
  }
}

function unexpired(
  db: Connection,
  now: Date,
): SelectQueryBuilder<Tables, 'tasks', Selectable<TaskRow>> {
  const time = now.getTime();
  return db
    .selectFrom('tasks')
    .selectAll()
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', time)]));
}

/** Forgets tasks whose time is over. */
export async function deleteExpiredTasks(db: Connection, now: Date): Promise<void> {
  await db.deleteFrom('tasks').where('expires_at', '<=', now.getTime()).execute();
}
