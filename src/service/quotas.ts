import type { Connection, Database } from '../database/database.ts';
import { deleteOverride, findOverrides, setOverride } from '../database/quotas.ts';
import { findUsage } from '../database/usage.ts';
import { type Caller, isAdmin } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import {
  checkQuotas,
  countedQuotas,
  type Overrides,
  type ProjectLimits,
  type QuotaName,
  type QuotaState,
  type QuotaUsage,
  quotas,
  type Usage,
  used,
  withOverrides,
} from '../domain/quota.ts';

export interface QuotasOptions {
  readonly database: Database;
  /** The limits of a project that was given none of its own. */
  readonly defaults: ProjectLimits;
}

/** What each project may have, and what it has. */
export interface Quotas {
  /** The limits that hold for the images of a project; the configured ones for no project. */
  limitsOf(db: Connection, projectId: string | null): Promise<ProjectLimits>;
  /** Refuses what is too much; true only within the transaction `db`. @throws DomainError `QuotaExceeded` */
  check(
    db: Connection,
    owner: { readonly projectId: string | null; readonly limits: ProjectLimits },
    added: Partial<Usage>,
  ): Promise<void>;
  /** The caller's own use; empty when nothing limits it. @see Images API v2, "Quota usage" */
  usage(caller: Caller): Promise<QuotaUsage[]>;
  /** Every quota of a project. @throws DomainError `NotPermitted` */
  show(caller: Caller, projectId: string): Promise<QuotaState[]>;
  /** Sets the quotas named; null takes the project's own limit away. @throws DomainError `NotPermitted` */
  set(
    caller: Caller,
    projectId: string,
    changes: ReadonlyMap<QuotaName, number | null>,
  ): Promise<QuotaState[]>;
  /** Takes every limit that the project has of its own away. @throws DomainError `NotPermitted` */
  reset(caller: Caller, projectId: string): Promise<void>;
}

export function quotasService({ database, defaults }: QuotasOptions): Quotas {
  async function limitsOf(db: Connection, projectId: string | null): Promise<ProjectLimits> {
    if (projectId === null) return defaults;
    return withOverrides(defaults, await findOverrides(db, projectId));
  }

  return {
    limitsOf,

    async check(db, { projectId, limits }, added) {
      if (projectId === null || !isLimited(limits)) return;
      checkQuotas(limits, await findUsage(db, projectId), added);
    },

    async usage({ projectId }) {
      if (projectId === null) return [];
      const limits = await limitsOf(database.read, projectId);
      if (!isLimited(limits)) return [];
      const usage = await findUsage(database.read, projectId);
      return countedQuotas.map((name) => ({
        name,
        limit: limits[quotas[name]],
        used: used(usage, name),
      }));
    },

    async show(caller, projectId) {
      demandAdmin(caller);
      return states(database.read, defaults, projectId);
    },

    set(caller, projectId, changes) {
      demandAdmin(caller);
      return database.transaction(async (db) => {
        for (const [name, value] of changes) {
          if (value === null) await deleteOverride(db, projectId, name);
          else await setOverride(db, projectId, [name, value]);
        }
        return states(db, defaults, projectId);
      });
    },

    async reset(caller, projectId) {
      demandAdmin(caller);
      await database.transaction((db) => deleteOverride(db, projectId));
    },
  };
}

function isLimited(limits: ProjectLimits): boolean {
  return countedQuotas.some((name) => limits[quotas[name]] >= 0);
}

function demandAdmin(caller: Caller): void {
  if (caller.scope === 'project' && isAdmin(caller)) return;
  throw new DomainError('NotPermitted', 'Only an admin may manage quotas.');
}

async function states(
  db: Connection,
  defaults: ProjectLimits,
  projectId: string,
): Promise<QuotaState[]> {
  const overrides: Overrides = await findOverrides(db, projectId);
  const usage = await findUsage(db, projectId);
  const limits = withOverrides(defaults, overrides);
  const counted = (name: QuotaName) => countedQuotas.find((one) => one === name);
  return (Object.keys(quotas) as QuotaName[]).map((name) => {
    const count = counted(name);
    return {
      name,
      limit: limits[quotas[name]],
      isOwn: overrides.has(name),
      used: count && used(usage, count),
    };
  });
}
