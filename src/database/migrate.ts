import type { Kysely } from 'kysely';
import { images } from './migrations/0001-images.ts';
import { identity } from './migrations/0002-identity.ts';
import { quotas } from './migrations/0003-quotas.ts';
import { pendingDeletes } from './migrations/0004-pending-deletes.ts';
import { events } from './migrations/0005-events.ts';
import { listIndexes } from './migrations/0006-list-indexes.ts';
import { sharingIndex } from './migrations/0007-sharing-index.ts';
import { processes } from './migrations/0008-processes.ts';
import { identityLimits } from './migrations/0009-identity-limits.ts';
import { tasks } from './migrations/0010-tasks.ts';
import { leases } from './migrations/0011-leases.ts';
import { imageDocuments } from './migrations/0012-image-documents.ts';
import { shares } from './migrations/0013-shares.ts';
import { imports } from './migrations/0014-imports.ts';
import { releases } from './migrations/0015-releases.ts';
import { dataChecks } from './migrations/0016-data-checks.ts';
import { access } from './migrations/0017-access.ts';
import { uploads } from './migrations/0018-uploads.ts';
import { dataTroubles } from './migrations/0019-data-troubles.ts';
import { uploadUsers } from './migrations/0020-upload-users.ts';
import { webhooks } from './migrations/0021-webhooks.ts';
import { scrubRuns } from './migrations/0022-scrub-runs.ts';
import { families } from './migrations/0023-families.ts';
import { conversions } from './migrations/0024-conversions.ts';
import { webhookRefusals } from './migrations/0025-webhook-refusals.ts';
import { mail } from './migrations/0026-mail.ts';
import { taskTokens } from './migrations/0027-task-tokens.ts';
import { runSteps, type SchemaSteps, type StepOptions } from './schema-steps.ts';

/** Every step of SQLite's schema, oldest first. */
export const migrations: SchemaSteps = {
  '0001-images': images,
  '0002-identity': identity,
  '0003-quotas': quotas,
  '0004-pending-deletes': pendingDeletes,
  '0005-events': events,
  '0006-list-indexes': listIndexes,
  '0007-sharing-index': sharingIndex,
  '0008-processes': processes,
  '0009-identity-limits': identityLimits,
  '0010-tasks': tasks,
  '0011-leases': leases,
  '0012-image-documents': imageDocuments,
  '0013-shares': shares,
  '0014-imports': imports,
  '0015-releases': releases,
  '0016-data-checks': dataChecks,
  '0017-access': access,
  '0018-uploads': uploads,
  '0019-data-troubles': dataTroubles,
  '0020-upload-users': uploadUsers,
  '0021-webhooks': webhooks,
  '0022-scrub-runs': scrubRuns,
  '0023-families': families,
  '0024-conversions': conversions,
  '0025-webhook-refusals': webhookRefusals,
  '0026-mail': mail,
  '0027-task-tokens': taskTokens,
};

/**
 * Brings the schema of an SQLite file to the newest version, or to `target`.
 *
 * @throws Error when a step fails, or the file is of a release too new.
 */
// biome-ignore lint/suspicious/noExplicitAny: migrations run before there is a schema to type.
export async function migrateToLatest(db: Kysely<any>, target?: string): Promise<void> {
  await migrate(db, migrations, { target });
}

/**
 * Brings a schema to the newest of `steps`, or to a target.
 *
 * @throws Error when a step fails (its transaction is rolled back) or the schema is of a release too new.
 */
export async function migrate(
  // biome-ignore lint/suspicious/noExplicitAny: migrations run before there is a schema to type.
  db: Kysely<any>,
  steps: SchemaSteps,
  options: StepOptions = {},
): Promise<void> {
  await runSteps(db, steps, options).catch((cause: unknown) => {
    const reason = cause instanceof Error ? ` ${cause.message}` : '';
    throw new Error(`The database could not be migrated.${reason}`, { cause });
  });
}
