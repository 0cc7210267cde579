import { DomainError } from '../domain/errors.ts';
import {
  isQuotaName,
  type QuotaName,
  type QuotaState,
  type QuotaUsage,
  quotas,
} from '../domain/quota.ts';
import type { JsonObject } from './json-body.ts';

/** One quota of a project, as operators see it. */
export interface QuotaDocument {
  /** Negative for no limit. */
  readonly limit: number;
  /** Whether the limit is the project's own or the configured one. */
  readonly from: 'project' | 'configuration';
  /** Left out for what is not counted for a project as a whole. */
  readonly usage?: number;
}

export interface QuotasDocument {
  readonly quotas: Readonly<Record<QuotaName, QuotaDocument>>;
}

/** Writes what a project may have and has. @see Images API v2, "Show quota usage" */
export function usageDocument(usage: readonly QuotaUsage[]) {
  const entries = usage.map(({ name, limit, used }) => [name, { usage: used, limit }]);
  return { usage: Object.fromEntries(entries) };
}

/** Writes every quota of a project. */
export function quotasDocument(states: readonly QuotaState[]): QuotasDocument {
  const entries = states.map(({ name, limit, isOwn, used }): [QuotaName, QuotaDocument] => [
    name,
    {
      limit,
      from: isOwn ? 'project' : 'configuration',
      ...(used !== undefined && { usage: used }),
    },
  ]);
  return { quotas: Object.fromEntries(entries) as Record<QuotaName, QuotaDocument> };
}

/** MiB of the largest limit are still a safe number of bytes; a cap is in bytes itself. */
const largest = 2 ** 32;

/**
 * Reads the limits to set: `{"quotas": {"image_count_total": 10}}`; null takes the project's own away.
 *
 * @throws DomainError `InvalidRequest`, naming the quota and what was wanted.
 */
export function parseQuotas(body: JsonObject): ReadonlyMap<QuotaName, number | null> {
  const given = body['quotas'];
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new DomainError('InvalidRequest', 'quotas: an object of limits by name is wanted.');
  }
  return new Map(
    Object.entries(given).map(([name, value]) => [quotaName(name), limit(name, value)]),
  );
}

function quotaName(name: string): QuotaName {
  if (isQuotaName(name)) return name;
  const known = Object.keys(quotas).join(', ');
  throw new DomainError('InvalidRequest', `${name.slice(0, 80)}: is no quota. Known: ${known}.`);
}

function limit(name: string, value: unknown): number | null {
  const max = name === 'image_size_cap' ? Number.MAX_SAFE_INTEGER : largest;
  if (value === null) return null;
  if (Number.isSafeInteger(value) && Number(value) >= -1 && Number(value) <= max) {
    return Number(value);
  }
  throw new DomainError('InvalidRequest', `${name}: a whole number from -1 to ${max} is wanted.`);
}
