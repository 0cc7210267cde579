import type { CompiledQuery } from 'kysely';
import type { Connection } from '../../src/database/database.ts';
import { documentsQuery } from '../../src/database/image-list.ts';
import type { ListPlan, ListValues } from '../../src/database/list-plan.ts';
import { runPrepared } from '../../src/database/prepared.ts';

interface PlanStep {
  readonly id: number;
  readonly parent: number;
  readonly detail: string;
}

/**
 * How the database would find a page: for each range of the union, the steps that it takes.
 *
 * @throws Error when a step outside of the ranges reads a whole table of the database
 */
export async function rangesOf(
  db: Connection,
  plan: ListPlan,
  values: ListValues,
): Promise<readonly (readonly string[])[]> {
  const compiled = documentsQuery(db, plan).compile();
  const explained = { ...compiled, sql: `explain query plan ${compiled.sql}` };
  const { rows } = await runPrepared(
    db,
    explained as CompiledQuery<unknown> as CompiledQuery<PlanStep>,
    values,
  );
  const ranges = rows.filter(({ detail }) => detail === 'CO-ROUTINE range');
  const scan = rows.find(({ detail }) => /^SCAN (images|image_\w+)\b/.test(detail));
  if (scan) throw new Error(scan.detail);
  return ranges.map(({ id }) =>
    rows.filter(({ parent }) => parent === id).map(({ detail }) => detail),
  );
}
