import { type Kysely, sql } from 'kysely';

// biome-ignore lint/suspicious/noExplicitAny: a step works on the schema of its time, which has no type here.
type Schema = Kysely<any>;

/** A step of a schema. A released one never changes; a new need is a new step. */
export interface SchemaStep {
  /** Runs in one transaction, unless the step is online. */
  up(db: Schema): Promise<void>;
  /**
   * The oldest step whose release may run on the schema behind this one, beside newer ones and after them. Without it
   * a release must know this step.
   */
  readonly compatibleFrom?: string;
  /**
   * Whether the step takes long and therefore runs by itself, without a transaction: it locks nothing for long, and
   * must bear to be begun again after a crash.
   */
  readonly isOnline?: boolean;
}

/** By their names, oldest first; names sort by age. */
export type SchemaSteps = Readonly<Record<string, SchemaStep>>;

export interface StepOptions {
  /** The step to end with, instead of the newest. */
  readonly target?: string | undefined;
  /** Asked before a step: throws when it may not run now. `compatibleFrom` is the oldest release that it bears. */
  readonly admit?: (compatibleFrom: string) => Promise<void>;
  /** Runs `work` as one transaction. */
  readonly inTransaction?: (work: (db: Schema) => Promise<void>) => Promise<void>;
}

/**
 * Brings a schema to the newest of `steps`. Forward only: there is no way down. A schema of a newer release is left
 * as it is when all its steps bear this release.
 *
 * @throws Error when a step fails (its transaction is rolled back), or the schema is of a release too new.
 */
export async function runSteps(
  db: Schema,
  steps: SchemaSteps,
  options: StepOptions = {},
): Promise<void> {
  await prepareNotes(db);
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  const done = new Set(rows.map(({ name }) => name));
  const newer = [...done].filter((name) => !Object.hasOwn(steps, name));
  if (newer.length > 0) return await checkNewer(db, Object.keys(steps), done);
  const wanted = Object.entries(steps).filter(
    ([name]) => !done.has(name) && (options.target === undefined || name <= options.target),
  );
  // There is nothing yet that a step could lock, and one commit for all spares an empty folder a sync for each.
  const isNew = done.size === 0 && wanted.every(([, { isOnline }]) => !isOnline);
  for (const group of isNew ? [wanted] : wanted.map((step) => [step])) {
    await runGroup(db, group, options);
  }
}

/** The notes of what was done; the first of the tables has its name from the tool that kept it in earlier releases. */
async function prepareNotes(db: Schema): Promise<void> {
  await sql`create table if not exists kysely_migration
    (name varchar(255) not null primary key, timestamp varchar(255) not null)`.execute(db);
  await sql`create table if not exists schema_compatibility
    (step text not null primary key, compatible_from text not null)`.execute(db);
}

/** Whether a release that knows the steps `known` may run on a schema behind which there are others. */
async function checkNewer(
  db: Schema,
  known: readonly string[],
  done: ReadonlySet<string>,
): Promise<void> {
  const { rows } = await sql<{ step: string; from: string }>`
    select step, compatible_from as "from" from schema_compatibility`.execute(db);
  const compatibleFrom = new Map(rows.map(({ step, from }) => [step, from]));
  const newest = known.at(-1) ?? '';
  const missing = known.filter((name) => !done.has(name));
  const tooNew = [...done].filter(
    (name) => !known.includes(name) && (compatibleFrom.get(name) ?? name) > newest,
  );
  if (missing.length === 0 && tooNew.length === 0) return;
  const why = tooNew.length > 0 ? `it has ${tooNew.join(', ')}` : `it lacks ${missing.join(', ')}`;
  throw new Error(`The database is of a newer release than this one can run on: ${why}.`);
}

/** Runs steps, and notes that they are done, in one transaction; an online step is alone and comes before it. */
async function runGroup(
  db: Schema,
  group: readonly (readonly [string, SchemaStep])[],
  { admit, inTransaction = (work) => db.transaction().execute(work) }: StepOptions,
): Promise<void> {
  for (const [name, step] of group) {
    await admit?.(step.compatibleFrom ?? name);
    if (step.isOnline) await step.up(db);
  }
  await inTransaction(async (transaction) => {
    for (const [name, step] of group) {
      if (!step.isOnline) await step.up(transaction);
      await noteStep(transaction, name, step);
    }
  });
}

async function noteStep(db: Schema, name: string, step: SchemaStep): Promise<void> {
  await sql`insert into kysely_migration (name, timestamp)
    values (${name}, ${new Date().toISOString()})`.execute(db);
  await sql`insert into schema_compatibility (step, compatible_from)
    values (${name}, ${step.compatibleFrom ?? name})`.execute(db);
}
