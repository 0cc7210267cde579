import type { Selectable } from 'kysely';
import type { AcceptRule } from '../domain/accept-rule.ts';
import type { Connection } from './database.ts';
import { never } from './members.ts';
import { prepared } from './prepared.ts';
import type { AcceptRuleRow } from './share-tables.ts';

const selectOfProducer = prepared<
  { projectId: string; producerId: string },
  Selectable<AcceptRuleRow>
>((db, value) =>
  db
    .selectFrom('accept_rules')
    .selectAll()
    .where('project_id', '=', value('projectId'))
    .where('producer_id', '=', value('producerId'))
    .orderBy('id'),
);

/** The rules of a project for what one producer offers. */
export async function listRulesOfProducer(
  db: Connection,
  projectId: string,
  producerId: string,
): Promise<readonly AcceptRule[]> {
  const { rows } = await selectOfProducer(db, { projectId, producerId });
  return rows.map(ruleFromRow);
}

/** Every rule of a project. */
export async function listRules(db: Connection, projectId: string): Promise<readonly AcceptRule[]> {
  const rows = await db
    .selectFrom('accept_rules')
    .selectAll()
    .where('project_id', '=', projectId)
    .orderBy('producer_id')
    .orderBy('id')
    .execute();
  return rows.map(ruleFromRow);
}

export async function insertRule(db: Connection, rule: AcceptRule): Promise<void> {
  await db
    .insertInto('accept_rules')
    .values({
      id: rule.id,
      project_id: rule.projectId,
      producer_id: rule.producerId,
      name_pattern: rule.namePattern,
      family: rule.family,
      ends_at: rule.endsAt?.getTime() ?? never,
      by_user: rule.byUser,
      created_at: rule.createdAt.getTime(),
    })
    .execute();
}

/** Removes a rule of a project; whether it was there. */
export async function deleteRule(db: Connection, projectId: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('accept_rules')
    .where('project_id', '=', projectId)
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

/** Notes that a rule has accepted an offer. */
export async function noteUse(db: Connection, { id }: AcceptRule, at: Date): Promise<void> {
  await db
    .updateTable('accept_rules')
    .set((eb) => ({ uses: eb('uses', '+', 1), used_at: at.getTime() }))
    .where('id', '=', id)
    .execute();
}

function ruleFromRow(row: Selectable<AcceptRuleRow>): AcceptRule {
  return {
    id: row.id,
    projectId: row.project_id,
    producerId: row.producer_id,
    namePattern: row.name_pattern,
    family: row.family,
    endsAt: row.ends_at === never ? null : new Date(row.ends_at),
    byUser: row.by_user,
    createdAt: new Date(row.created_at),
    uses: row.uses,
    usedAt: row.used_at === null ? null : new Date(row.used_at),
  };
}
