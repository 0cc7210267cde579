import { DomainError } from './errors.ts';
import type { Limits } from './limits.ts';

/** What a project as a whole may have; a negative number is no limit. */
export interface ProjectLimits extends Limits {
  readonly images: number;
  /** MiB of data. */
  readonly storage: number;
  /** MiB of data that waits to be imported. */
  readonly staging: number;
  /** Uploads under way at a time. */
  readonly uploads: number;
}

/** Every limit that a project may have of its own, by its name on the wire and in the configuration. */
export const quotas = {
  image_count_total: 'images',
  image_size_total: 'storage',
  image_stage_total: 'staging',
  image_count_uploading: 'uploads',
  image_member_quota: 'members',
  image_property_quota: 'properties',
  image_tag_quota: 'tags',
  image_size_cap: 'imageSize',
} as const satisfies Readonly<Record<string, keyof ProjectLimits>>;

export type QuotaName = keyof typeof quotas;

/** The quotas of what a project has as a whole, which is counted. @see Images API v2, "Quota usage" */
export const countedQuotas = [
  'image_size_total',
  'image_stage_total',
  'image_count_total',
  'image_count_uploading',
] as const satisfies readonly QuotaName[];

export type CountedQuota = (typeof countedQuotas)[number];

/** What a project has: its images, those waiting to be scrubbed included, and its uploads. */
export interface Usage {
  readonly images: number;
  /** Bytes of data, and bytes reserved for data that is coming in. */
  readonly bytes: number;
  readonly stagedBytes: number;
  readonly uploads: number;
}

/** A quota as it stands for a project. */
export interface QuotaState {
  readonly name: QuotaName;
  /** In the quota's unit; negative for none. */
  readonly limit: number;
  /** Whether the limit is the project's own. */
  readonly isOwn: boolean;
  /** In the quota's unit; undefined for what is not counted for the project as a whole. */
  readonly used: number | undefined;
}

/** What counts against a counted quota. */
export interface QuotaUsage {
  readonly name: CountedQuota;
  readonly limit: number;
  readonly used: number;
}

/** The limits that a project was given, instead of the configured ones. */
export type Overrides = ReadonlyMap<QuotaName, number>;

/** Bytes. */
export const mib = 1024 * 1024;

/** Whether `name` is one of the quotas. */
export function isQuotaName(name: string): name is QuotaName {
  return Object.hasOwn(quotas, name);
}

/** The limits that hold for a project: its own before the configured ones. */
export function withOverrides(defaults: ProjectLimits, overrides: Overrides): ProjectLimits {
  if (overrides.size === 0) return defaults;
  const own = [...overrides].map(([name, value]) => [quotas[name], value]);
  return { ...defaults, ...Object.fromEntries(own) };
}

/** What counts against a quota, in the quota's unit; whole MiB, as Glance tells it. */
export function used(usage: Usage, quota: CountedQuota): number {
  switch (quota) {
    case 'image_count_total':
      return usage.images;
    case 'image_count_uploading':
      return usage.uploads;
    case 'image_size_total':
      return Math.floor(usage.bytes / mib);
    case 'image_stage_total':
      return Math.floor(usage.stagedBytes / mib);
  }
}

/**
 * Refuses what would bring a project above one of its quotas.
 *
 * @param added what the project would have more
 * @throws DomainError `QuotaExceeded`, naming the quota, its limit and the use.
 */
export function checkQuotas(limits: ProjectLimits, usage: Usage, added: Partial<Usage>): void {
  checkCount('image_count_total', limits.images, usage.images, added.images);
  checkCount('image_count_uploading', limits.uploads, usage.uploads, added.uploads);
  checkRoom('bytes', { limits, usage, added });
  checkRoom('stagedBytes', { limits, usage, added });
}

/** Where bytes count: as an image's data, or as data that waits to be imported. */
export type BytesKind = 'bytes' | 'stagedBytes';

const bytesQuotas = {
  bytes: 'image_size_total',
  stagedBytes: 'image_stage_total',
} as const satisfies Record<BytesKind, QuotaName>;

function checkRoom(
  kind: BytesKind,
  {
    limits,
    usage,
    added,
  }: {
    readonly limits: ProjectLimits;
    readonly usage: Usage;
    readonly added: Partial<Usage>;
  },
): void {
  const more = added[kind] ?? 0;
  if (more <= 0 || more <= roomLeft(limits, usage, kind)) return;
  const name = bytesQuotas[kind];
  const limit = limits[quotas[name]];
  throw new DomainError(
    'QuotaExceeded',
    `${name}: the limit is ${limit} MiB; ${usage[kind]} of ${limit * mib} ` +
      `bytes are in use, and ${more} more were asked for.`,
  );
}

/** Bytes that the project may still add; infinite without a limit. */
export function roomLeft(limits: ProjectLimits, usage: Usage, kind: BytesKind = 'bytes'): number {
  const limit = limits[quotas[bytesQuotas[kind]]];
  return limit < 0 ? Number.POSITIVE_INFINITY : Math.max(0, limit * mib - usage[kind]);
}

function checkCount(name: CountedQuota, limit: number, count: number, added = 0): void {
  if (added <= 0 || limit < 0 || count + added <= limit) return;
  throw new DomainError(
    'QuotaExceeded',
    `${name}: the limit is ${limit}; ${count} are in use, and ${added} more were asked for.`,
  );
}
