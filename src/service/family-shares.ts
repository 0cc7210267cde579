import type { Connection, Database } from '../database/database.ts';
import {
  deleteFamily,
  deleteFamilyMember,
  deleteFamilyMembers,
  findFamily,
  listFamilyMembers,
  listVersions,
  putFamilyMember,
} from '../database/families.ts';
import { findImage } from '../database/images.ts';
import { listPlaces, type ShareSource } from '../database/share-sources.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import { currentVersion, type Family, type FamilyVersion } from '../domain/family.ts';
import type { Image } from '../domain/image.ts';
import { checkLimit } from '../domain/limits.ts';
import { checkShared } from '../domain/member.ts';
import type { Policy } from '../domain/policy.ts';
import { actorOf } from '../domain/share-log.ts';
import { projectThatAnswers } from './inbox.ts';
import type { Quotas } from './quotas.ts';
import type { Recipients } from './recipients.ts';
import {
  checkManages,
  type FamilyName,
  familyNotFound,
  managedFamily,
  seenFamily,
} from './seen-family.ts';
import { imageNotFound, maySee } from './seen-image.ts';
import type { ShareChanges } from './share-changes.ts';
import { shareBy, unshareBy } from './share-sources.ts';

export interface FamilySharesOptions {
  readonly database: Database;
  readonly policy: Policy;
  readonly recipients: Recipients;
  readonly quotas: Quotas;
  readonly changes: ShareChanges;
  readonly clock: () => Date;
}

/** Projects that a family may be shared with, whatever the quota says. */
const mostMembers = 500;

/** Offers a version to every member, once it is one that can be used. */
export async function offerVersion(
  options: FamilySharesOptions,
  db: Connection,
  caller: Caller,
  { family, version }: { readonly family: Family; readonly version: FamilyVersion },
): Promise<void> {
  const image = await ownImage(options, db, caller, family, version.imageId);
  if (image.status !== 'active') {
    const text = `Image ${image.id} is ${image.status}; an active one is wanted.`;
    throw new DomainError('InvalidStatusChange', text);
  }
  const members = await listFamilyMembers(db, family.id);
  if (members.length > 0 && image.visibility === 'private') checkShared(image);
  for (const { projectId, note } of members) {
    await shareBy(options.changes, db, image, {
      ...{ projectId, note, source: sourceOf(family), by: actorOf(caller), family: family.name },
    });
  }
}

export async function shareFamily(
  options: FamilySharesOptions,
  db: Connection,
  caller: Caller,
  {
    family,
    projectId,
    note,
  }: { readonly family: Family; readonly projectId: string; readonly note: string | null },
): Promise<void> {
  if (projectId === family.owner) {
    throw new DomainError('InvalidRequest', 'member: the owner has its families already.');
  }
  const { members: quota } = await options.quotas.limitsOf(db, family.owner);
  await putFamilyMember(db, family.id, { projectId, note, since: options.clock() });
  const { length } = await listFamilyMembers(db, family.id);
  checkLimit(length, quota < 0 ? mostMembers : Math.min(quota, mostMembers), 'members');
  const version = currentVersion(family, await listVersions(db, family.id));
  if (version) await offerVersion(options, db, caller, { family, version });
}

export async function unshareFamily(
  options: FamilySharesOptions,
  caller: Caller,
  { name, memberId }: { readonly name: FamilyName; readonly memberId: string },
): Promise<void> {
  const { database, policy, recipients } = options;
  const { family } = await seenFamily(options, database.read, caller, name);
  const leaves = memberId === caller.projectId;
  if (leaves) projectThatAnswers(policy, caller);
  else checkManages(policy, caller, name);
  const members = await listFamilyMembers(database.read, family.id);
  const isMember = members.some(({ projectId }) => projectId === memberId);
  const projectId = isMember ? memberId : (await recipients.find(caller, memberId)).projectId;
  await database.transaction(async (db) => {
    const found = (await findFamily(db, name.owner, name.name)) ?? familyNotFound();
    if (!(await deleteFamilyMember(db, found.id, projectId))) {
      throw new DomainError('NotFound', 'The family is not shared with that project.');
    }
    await takeAll(options, db, caller, {
      family: found,
      projectId,
      how: leaves ? 'left' : 'withdrawn',
    });
  });
}

/** Shares that are ended in one transaction: a family may have many thousand. */
const endedAtOnce = 200;

/** Ends what is had by a family, step by step, and then the family. Who asks again goes on where it was cut off. */
export async function removeFamily(
  options: FamilySharesOptions,
  caller: Caller,
  name: FamilyName,
): Promise<void> {
  for (let isOver = false; !isOver; ) {
    isOver = await options.database.transaction(async (db) => {
      const family = await managedFamily(options, db, caller, name);
      // So that nobody gets what is promoted meanwhile.
      await deleteFamilyMembers(db, family.id);
      const ended = await takeAll(options, db, caller, { family, limit: endedAtOnce });
      if (ended === endedAtOnce) return false;
      await deleteFamily(db, family);
      return true;
    });
  }
}

/** What is taken away of a family, from whom, and who does it. */
interface Taking {
  readonly family: Family;
  readonly projectId?: string;
  readonly how?: 'left' | 'withdrawn';
  /** Shares at most; absent: all. */
  readonly limit?: number;
}

/** Takes away what is had by a family: by one project, or by all; how many shares it was. */
async function takeAll(
  { changes }: FamilySharesOptions,
  db: Connection,
  caller: Caller,
  { family, how = 'withdrawn', ...only }: Taking,
): Promise<number> {
  const source = sourceOf(family);
  const by = actorOf(caller);
  const places = await listPlaces(db, source, only);
  for (const { imageId, projectId } of places) {
    const seen = await findImage(db, imageId, null);
    if (!seen) continue;
    const share = { projectId, source, by, how, owner: family.owner };
    await unshareBy(changes, db, seen.image, share);
  }
  return places.length;
}

/** An image of the family's owner that the caller may share. */
export async function ownImage(
  { policy }: FamilySharesOptions,
  db: Connection,
  caller: Caller,
  family: Family,
  imageId: string,
): Promise<Image> {
  const seen = await findImage(db, imageId, caller.projectId);
  if (!seen || !maySee(seen, caller, policy)) throw imageNotFound(imageId);
  if (seen.image.owner === family.owner) return seen.image;
  throw new DomainError('InvalidRequest', 'image: one of the owner of the family is wanted.');
}

function sourceOf({ id }: Pick<Family, 'id'>): ShareSource {
  return { kind: 'family', id };
}
