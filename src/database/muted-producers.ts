import type { Connection } from './database.ts';
import { prepared } from './prepared.ts';

/** A producer whose offers a project does not want to see. */
export interface MutedProducer {
  readonly producerId: string;
  readonly at: Date;
}

/** Whom a project has muted, by id. */
export async function listMuted(
  db: Connection,
  projectId: string,
): Promise<readonly MutedProducer[]> {
  const rows = await db
    .selectFrom('muted_producers')
    .selectAll()
    .where('project_id', '=', projectId)
    .orderBy('producer_id')
    .execute();
  return rows.map((row) => ({ producerId: row.producer_id, at: new Date(row.created_at) }));
}

const select = prepared<{ projectId: string; producerId: string }, { producer_id: string }>(
  (db, value) =>
    db
      .selectFrom('muted_producers')
      .select('producer_id')
      .where('project_id', '=', value('projectId'))
      .where('producer_id', '=', value('producerId')),
);

/** Whether a project has muted a producer. */
export async function isMuted(
  db: Connection,
  projectId: string,
  producerId: string,
): Promise<boolean> {
  return (await select(db, { projectId, producerId })).rows.length > 0;
}

/** Mutes a producer for a project; once is enough. */
export async function insertMuted(
  db: Connection,
  projectId: string,
  { producerId, at }: MutedProducer,
): Promise<void> {
  await db
    .insertInto('muted_producers')
    .values({ project_id: projectId, producer_id: producerId, created_at: at.getTime() })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Hears a producer again; whether it was muted. */
export async function deleteMuted(
  db: Connection,
  projectId: string,
  producerId: string,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('muted_producers')
    .where('project_id', '=', projectId)
    .where('producer_id', '=', producerId)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}
