import { isQuotaName, type Overrides, type QuotaName } from '../domain/quota.ts';
import type { Connection } from './database.ts';
import { prepared } from './prepared.ts';

const selectOverrides = prepared<{ projectId: string }, { quota: string; value: number }>(
  (db, value) =>
    db
      .selectFrom('project_quotas')
      .select(['quota', 'value'])
      .where('project_id', '=', value('projectId')),
);

/** The limits that a project has of its own. */
export async function findOverrides(db: Connection, projectId: string): Promise<Overrides> {
  const { rows } = await selectOverrides(db, { projectId });
  const overrides = new Map<QuotaName, number>();
  for (const { quota, value } of rows) if (isQuotaName(quota)) overrides.set(quota, value);
  return overrides;
}

/** Gives a project a limit of its own. */
export async function setOverride(
  db: Connection,
  projectId: string,
  [quota, value]: readonly [QuotaName, number],
): Promise<void> {
  await db
    .insertInto('project_quotas')
    .values({ project_id: projectId, quota, value })
    .onConflict((conflict) => conflict.columns(['project_id', 'quota']).doUpdateSet({ value }))
    .execute();
}

/** Takes a limit that a project has of its own away; all of them when none is named. */
export async function deleteOverride(
  db: Connection,
  projectId: string,
  quota?: QuotaName,
): Promise<void> {
  let query = db.deleteFrom('project_quotas').where('project_id', '=', projectId);
  if (quota !== undefined) query = query.where('quota', '=', quota);
  await query.execute();
}
