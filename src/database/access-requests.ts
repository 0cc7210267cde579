import { type Selectable, sql } from 'kysely';
import type { AccessRequest, RequestState } from '../domain/access-request.ts';
import type { Connection } from './database.ts';
import type { AccessRequestRow } from './share-tables.ts';

/** A request in its place. */
export interface NumberedRequest {
  readonly number: number;
  readonly request: AccessRequest;
}

/** Keeps a request, of an image that may not be there; false while the project has one waiting for it. */
export async function insertRequest(db: Connection, request: AccessRequest): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('access_requests')
    .values((eb) => ({
      id: request.id,
      image_id: request.imageId,
      // In the same statement, so that it takes as long whether there is such an image or not.
      image_owner: eb.selectFrom('images').select('owner').where('id', '=', request.imageId),
      project_id: request.projectId,
      by_user: request.userId,
      reason: request.reason,
      state: request.state,
      word: request.word,
      created_at: request.createdAt.getTime(),
      answered_at: null,
    }))
    .onConflict((conflict) =>
      conflict
        .columns(['project_id', 'image_id'])
        .where('state', '=', sql.lit('pending'))
        .doNothing(),
    )
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/** How many requests of a project wait for an answer. */
export async function countPending(db: Connection, projectId: string): Promise<number> {
  const { count } = await db
    .selectFrom('access_requests')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('project_id', '=', projectId)
    .where('state', '=', sql.lit('pending'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Whose requests are asked for. */
export interface RequestsAsked {
  /** Made by a project, or to the owner of the images. */
  readonly side: 'made' | 'received';
  readonly projectId: string;
  readonly before: number;
  readonly limit: number;
}

/** Requests, the newest first; of those received only what waits for an answer. */
export async function listRequests(
  db: Connection,
  { side, projectId, before, limit }: RequestsAsked,
): Promise<readonly NumberedRequest[]> {
  const all = db
    .selectFrom('access_requests')
    .selectAll()
    .where('number', '<', before)
    .orderBy('number', 'desc')
    .limit(limit);
  const asked =
    side === 'made'
      ? all.where('project_id', '=', projectId)
      : all.where('image_owner', '=', projectId).where('state', '=', 'pending');
  const rows = await asked.execute();
  return rows.map((row) => ({ number: row.number, request: requestFromRow(row) }));
}

/** The request of that id. */
export async function findRequest(db: Connection, id: string): Promise<AccessRequest | undefined> {
  const row = await db
    .selectFrom('access_requests')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  return row && requestFromRow(row);
}

/** Answers a request that waits; false when somebody else has. */
export async function settleRequest(
  db: Connection,
  { id }: Pick<AccessRequest, 'id'>,
  {
    state,
    word,
    at,
  }: { readonly state: RequestState; readonly word: string | null; readonly at: Date },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('access_requests')
    .set({ state, word, answered_at: at.getTime() })
    .where('id', '=', id)
    .where('state', '=', 'pending')
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

function requestFromRow(row: Selectable<AccessRequestRow>): AccessRequest {
  return {
    id: row.id,
    imageId: row.image_id,
    projectId: row.project_id,
    userId: row.by_user,
    reason: row.reason,
    state: row.state,
    word: row.word,
    createdAt: new Date(row.created_at),
    answeredAt: row.answered_at === null ? null : new Date(row.answered_at),
  };
}
