import { DomainError } from './errors.ts';

/** An owner's images of one kind under one name, of which one is current. */
export interface Family {
  /** UUID. */
  readonly id: string;
  /** The project whose images they are. */
  readonly owner: string;
  readonly name: string;
  /** The number of the version that is current; null for none. */
  readonly current: number | null;
  readonly updatedAt: Date;
}

/** An image that was made current. */
export interface FamilyVersion {
  /** From 1; grows with each promotion. */
  readonly number: number;
  readonly imageId: string;
  /** The number of the version that was current before; null for none. */
  readonly previous: number | null;
  readonly byUser: string;
  readonly promotedAt: Date;
  /** From when on nobody should begin with it; null for no such time. */
  readonly deprecatedAt: Date | null;
  /** What to use instead; null for whatever is current. */
  readonly replacementId: string | null;
}

/** A project that new versions follow to. */
export interface FamilyMember {
  readonly projectId: string;
  readonly note: string | null;
  readonly since: Date;
}

/** Versions that a family remembers: as far as it can be rolled back. */
export const mostVersions = 500;

/** The version that is current; undefined for none, also when its image is gone. */
export function currentVersion(
  { current }: Pick<Family, 'current'>,
  versions: readonly FamilyVersion[],
): FamilyVersion | undefined {
  return versions.find(({ number }) => number === current);
}

/**
 * The version that was current before the one that is, passing over those whose images are gone: not merely the one with
 * the next lower number, since a version that was rolled back from is behind everybody.
 *
 * @param versions those whose images are there
 */
export function versionBefore(
  { current }: Pick<Family, 'current'>,
  versions: readonly FamilyVersion[],
): FamilyVersion | undefined {
  const byNumber = new Map(versions.map((version) => [version.number, version]));
  const now = current === null ? undefined : byNumber.get(current);
  // Of a version that is gone nobody knows what came before: then it is the latest of those before it.
  const older = versions.filter(({ number }) => number < (current ?? 0)).map((one) => one.number);
  const before = now ? now.previous : Math.max(0, ...older);
  if (before === null || before === 0) return undefined;
  return byNumber.get(before) ?? versionBefore({ current: before }, versions);
}

/** Refuses what cannot stand in a path as the name of a family or a group. @throws DomainError `InvalidRequest` */
export function checkSharedName(name: string): void {
  if (/^[a-z\d][a-z\d._-]{0,99}$/i.test(name)) return;
  const wanted = 'up to 100 letters, digits, dots, hyphens and underscores are wanted';
  throw new DomainError('InvalidRequest', `name: ${wanted}, a letter or digit first.`);
}
