import { schema } from '../migrations/postgres/0001-schema.ts';
import { identityLimits } from '../migrations/postgres/0002-identity-limits.ts';
import { tasks } from '../migrations/postgres/0003-tasks.ts';
import { leases } from '../migrations/postgres/0004-leases.ts';
import { imageDocuments } from '../migrations/postgres/0005-image-documents.ts';
import { shares } from '../migrations/postgres/0006-shares.ts';
import { imports } from '../migrations/postgres/0007-imports.ts';

/** Every step of PostgreSQL's schema, oldest first. A released step never changes; a new need is a new step. */
export const migrations = {
  '0001-schema': schema,
  '0002-identity-limits': identityLimits,
  '0003-tasks': tasks,
  '0004-leases': leases,
  '0005-image-documents': imageDocuments,
  '0006-shares': shares,
  '0007-imports': imports,
} as const;
