import { schema } from '../migrations/postgres/0001-schema.ts';
import { identityLimits } from '../migrations/postgres/0002-identity-limits.ts';
import { tasks } from '../migrations/postgres/0003-tasks.ts';
import { leases } from '../migrations/postgres/0004-leases.ts';
import { imageDocuments } from '../migrations/postgres/0005-image-documents.ts';
import { shares } from '../migrations/postgres/0006-shares.ts';
import { imports } from '../migrations/postgres/0007-imports.ts';
import { releases } from '../migrations/postgres/0008-releases.ts';
import { dataChecks } from '../migrations/postgres/0009-data-checks.ts';
import { access } from '../migrations/postgres/0010-access.ts';
import { uploads } from '../migrations/postgres/0011-uploads.ts';
import { dataTroubles } from '../migrations/postgres/0012-data-troubles.ts';
import { uploadUsers } from '../migrations/postgres/0013-upload-users.ts';
import { webhooks } from '../migrations/postgres/0014-webhooks.ts';
import { scrubRuns } from '../migrations/postgres/0015-scrub-runs.ts';
import { families } from '../migrations/postgres/0016-families.ts';
import { conversions } from '../migrations/postgres/0017-conversions.ts';
import { webhookRefusals } from '../migrations/postgres/0018-webhook-refusals.ts';
import { mail } from '../migrations/postgres/0019-mail.ts';
import { taskTokens } from '../migrations/postgres/0020-task-tokens.ts';
import type { SchemaSteps } from '../schema-steps.ts';

/** Every step of PostgreSQL's schema, oldest first. */
export const migrations: SchemaSteps = {
  '0001-schema': schema,
  '0002-identity-limits': identityLimits,
  '0003-tasks': tasks,
  '0004-leases': leases,
  '0005-image-documents': imageDocuments,
  '0006-shares': shares,
  '0007-imports': imports,
  '0008-releases': releases,
  '0009-data-checks': dataChecks,
  '0010-access': access,
  '0011-uploads': uploads,
  '0012-data-troubles': dataTroubles,
  '0013-upload-users': uploadUsers,
  '0014-webhooks': webhooks,
  '0015-scrub-runs': scrubRuns,
  '0016-families': families,
  '0017-conversions': conversions,
  '0018-webhook-refusals': webhookRefusals,
  '0019-mail': mail,
  '0020-task-tokens': taskTokens,
};

/** The newest step that this release knows. */
export const newestStep = Object.keys(migrations).at(-1) ?? '';
