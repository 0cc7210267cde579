import type { Connection } from '../database/database.ts';
import { findFamily, listFamilyMembers, listSights, listVersions } from '../database/families.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import type { Family, FamilyMember, FamilyVersion } from '../domain/family.ts';
import type { Image } from '../domain/image.ts';
import { seesAllMembers } from '../domain/member.ts';
import type { Policy } from '../domain/policy.ts';
import { projectThatLooks } from './inbox.ts';
import { maySee } from './seen-image.ts';

interface SeenFamilyOptions {
  readonly policy: Policy;
}

/** Which family, as callers name it. */
export interface FamilyName {
  /** The id of a project. */
  readonly owner: string;
  readonly name: string;
}

/** A family as one caller sees it. */
export interface SeenFamily {
  readonly family: Family;
  /** Those whose images it sees, the newest first. */
  readonly versions: readonly FamilyVersion[];
  /** Undefined for who is not told of them. */
  readonly members: readonly FamilyMember[] | undefined;
}

/** The family, if the caller may change it. */
export async function managedFamily(
  options: SeenFamilyOptions,
  db: Connection,
  caller: Caller,
  name: FamilyName,
): Promise<Family> {
  const { family } = await seenFamily(options, db, caller, name);
  checkManages(options.policy, caller, name);
  // Looked up again by its own, since in a transaction that keeps others off.
  return family;
}

export async function seenFamily(
  { policy }: SeenFamilyOptions,
  db: Connection,
  caller: Caller,
  { owner, name }: FamilyName,
): Promise<SeenFamily> {
  const projectId = projectThatLooks(policy, caller);
  const family = (await findFamily(db, owner, name)) ?? familyNotFound();
  const versions = await listVersions(db, family.id);
  const members = await listFamilyMembers(db, family.id);
  if (isOwners(family, caller)) return { family, versions, members };
  if (!members.some((member) => member.projectId === projectId)) familyNotFound();
  const sights = await listSights(db, family.id, { projectId, now: new Date() });
  return {
    family,
    versions: versions.filter(({ imageId }) => {
      const sight = sights.get(imageId);
      return sight !== undefined && maySee(sight, caller, policy);
    }),
    members: undefined,
  };
}

function isOwners(family: Pick<Family, 'owner'>, caller: Caller): boolean {
  return seesAllMembers({ owner: family.owner } as Image, caller);
}

/** @throws DomainError `NotPermitted`; `NotFound` for who has nothing to do with the owner */
export function checkManages(
  policy: Policy,
  caller: Caller,
  { owner }: Pick<FamilyName, 'owner'>,
): void {
  projectThatLooks(policy, caller);
  if (policy.allows('add_member', caller, { owner, visibility: 'shared' })) return;
  throw new DomainError('NotPermitted', 'Only who may share the owner’s images may do this.');
}

export function familyNotFound(): never {
  throw new DomainError('NotFound', 'There is no such family.');
}
