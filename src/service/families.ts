import { randomUUID } from 'node:crypto';
import type { Connection, Database } from '../database/database.ts';
import {
  countFamilies,
  deleteFamily,
  deleteFamilyMember,
  deleteFamilyMembers,
  findFamily,
  insertFamily,
  insertVersion,
  listFamilies,
  listFamilyMembers,
  listVersions,
  putFamilyMember,
  setCurrent,
  setDeprecation,
} from '../database/families.ts';
import { findImage } from '../database/images.ts';
import { listMemberships } from '../database/members.ts';
import { listPlaces, type ShareSource } from '../database/share-sources.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import {
  checkSharedName,
  currentVersion,
  type Family,
  type FamilyMember,
  type FamilyVersion,
  versionBefore,
} from '../domain/family.ts';
import type { Image } from '../domain/image.ts';
import { checkLimit } from '../domain/limits.ts';
import { checkShared, seesAllMembers } from '../domain/member.ts';
import type { Policy } from '../domain/policy.ts';
import { actorOf } from '../domain/share-log.ts';
import { recordFamily } from './family-events.ts';
import { projectThatAnswers, projectThatLooks } from './inbox.ts';
import type { Quotas } from './quotas.ts';
import type { Recipients } from './recipients.ts';
import { imageNotFound, maySee } from './seen-image.ts';
import type { ShareChanges } from './share-changes.ts';
import { shareBy, unshareBy } from './share-sources.ts';

export interface FamiliesOptions {
  readonly database: Database;
  readonly policy: Policy;
  readonly recipients: Recipients;
  readonly quotas: Quotas;
  readonly changes: ShareChanges;
  readonly clock: () => Date;
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

/** The image that is current. */
export interface CurrentImage {
  readonly family: Family;
  readonly version: FamilyVersion;
  readonly image: Image;
}

export interface FamiliesAsked {
  readonly side: 'own' | 'shared';
  readonly after: string;
  readonly limit: number;
}

export interface Deprecation {
  readonly imageId: string;
  /** Null takes it back. */
  readonly at: Date | null;
  readonly replacementId: string | null;
}

/**
 * An owner's images under one name, of which one is current. Who may share the owner's images may change its families;
 * they can be shared, so that each version that becomes current is offered to their members. A family that may not be seen
 * is refused in the words of one that is not there: all of this throws DomainError `NotFound`, `NotPermitted`.
 */
export interface Families {
  list(caller: Caller, asked: FamiliesAsked): Promise<readonly Family[]>;
  show(caller: Caller, name: FamilyName): Promise<SeenFamily>;
  current(caller: Caller, name: FamilyName): Promise<CurrentImage>;
  /** Makes an image current, in a family that is made if there is none. */
  promote(caller: Caller, name: FamilyName, imageId: string): Promise<SeenFamily>;
  /** Makes that image current again that was so before. */
  rollBack(caller: Caller, name: FamilyName): Promise<SeenFamily>;
  deprecate(caller: Caller, name: FamilyName, deprecation: Deprecation): Promise<SeenFamily>;
  /** Offers the current image to a project, and each that becomes so. */
  share(
    caller: Caller,
    name: FamilyName,
    member: { readonly memberId: string; readonly note: string | null },
  ): Promise<SeenFamily>;
  /** Takes away what a project has by the family alone; a member may leave by itself. */
  unshare(caller: Caller, name: FamilyName, memberId: string): Promise<void>;
  /** Removes a family, and what its members have by it alone; its images stay. */
  remove(caller: Caller, name: FamilyName): Promise<void>;
}

/** Families that one project may have, and projects that one may be shared with whatever the quota says. */
const mostFamilies = 500;
const mostMembers = 500;

export function familiesService(options: FamiliesOptions): Families {
  const { database, policy, recipients, clock } = options;

  /** Changes a family that the caller may change, and gives what it is then. */
  const change = (
    caller: Caller,
    name: FamilyName,
    work: (db: Connection, family: Family) => Promise<void>,
  ): Promise<SeenFamily> =>
    database.transaction(async (db) => {
      await work(db, await managedFamily(options, db, caller, name));
      return await seenFamily(options, db, caller, name);
    });

  return {
    list: (caller, { side, after, limit }) =>
      listFamilies(database.read, {
        side,
        after,
        limit,
        projectId: projectThatLooks(policy, caller),
      }),

    show: (caller, name) => seenFamily(options, database.read, caller, name),
    current: (caller, name) => currentImage(options, caller, name),

    promote: (caller, name, imageId) =>
      database.transaction(async (db) => {
        checkManages(policy, caller, name);
        checkSharedName(name.name);
        await makeFamily(options, db, name);
        const family = await managedFamily(options, db, caller, name);
        await promote(options, db, caller, { family, imageId });
        return await seenFamily(options, db, caller, name);
      }),

    rollBack: (caller, name) =>
      change(caller, name, (db, family) => rollBack(options, db, caller, family)),

    deprecate: (caller, name, { imageId, at, replacementId }) =>
      change(caller, name, async (db, family) => {
        if (replacementId !== null) await ownImage(options, db, caller, family, replacementId);
        const place = { familyId: family.id, imageId };
        const said = { deprecatedAt: at, replacementId };
        if (!(await setDeprecation(db, place, said))) throw imageNotFound(imageId);
        const details = { deprecated_at: at?.toISOString() ?? null, replacement_id: replacementId };
        await recordFamily(db, family, { kind: 'deprecated', imageId, at: clock(), details });
      }),

    async share(caller, name, { memberId, note }) {
      checkManages(policy, caller, name);
      await managedFamily(options, database.read, caller, name);
      const { projectId } = await recipients.find(caller, memberId);
      return await change(caller, name, (db, family) =>
        share(options, db, caller, { family, projectId, note }),
      );
    },

    unshare: (caller, name, memberId) => unshare(options, caller, { name, memberId }),

    remove: (caller, name) => remove(options, caller, name),
  };
}

/** Shares that are ended in one transaction: a family may have many thousand. */
const endedAtOnce = 200;

/** Ends what is had by a family, step by step, and then the family. Who asks again goes on where it was cut off. */
async function remove(options: FamiliesOptions, caller: Caller, name: FamilyName): Promise<void> {
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

async function unshare(
  options: FamiliesOptions,
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
    const found = (await findFamily(db, name.owner, name.name)) ?? notFound();
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

async function makeFamily(
  { clock }: FamiliesOptions,
  db: Connection,
  { owner, name }: FamilyName,
): Promise<void> {
  if (await findFamily(db, owner, name)) return;
  if ((await countFamilies(db, owner)) >= mostFamilies) {
    throw new DomainError('QuotaExceeded', `A project has at most ${mostFamilies} families.`);
  }
  await insertFamily(db, { id: randomUUID(), owner, name, current: null, updatedAt: clock() });
}

/** Adds a version that is current from now on. */
async function promote(
  options: FamiliesOptions,
  db: Connection,
  caller: Caller,
  { family, imageId }: { readonly family: Family; readonly imageId: string },
): Promise<void> {
  const at = options.clock();
  const versions = await listVersions(db, family.id);
  // Numbers are not given again, though images may be gone.
  const number = Math.max(versions[0]?.number ?? 0, family.current ?? 0) + 1;
  const version: FamilyVersion = {
    ...{ number, imageId, previous: family.current, byUser: caller.userId, promotedAt: at },
    ...{ deprecatedAt: null, replacementId: null },
  };
  await expose(options, db, caller, { family, version });
  // Whoever got no answer asks again; then the version before is still the one to go back to.
  if (currentVersion(family, versions)?.imageId === imageId) return;
  await insertVersion(db, family.id, version);
  await setCurrent(db, family, { current: number, at });
  const details = { previous_image_id: currentVersion(family, versions)?.imageId ?? null };
  await recordFamily(db, family, { kind: 'promoted', imageId, at, details });
}

/** Makes the version current again that was so before. */
async function rollBack(
  options: FamiliesOptions,
  db: Connection,
  caller: Caller,
  family: Family,
): Promise<void> {
  const at = options.clock();
  const versions = await listVersions(db, family.id);
  const version = versionBefore(family, versions);
  if (!version) throw new DomainError('NotFound', 'No version before this one is left.');
  await expose(options, db, caller, { family, version });
  await setCurrent(db, family, { current: version.number, at });
  const details = { previous_image_id: currentVersion(family, versions)?.imageId ?? null };
  const { imageId } = version;
  await recordFamily(db, family, { kind: 'rolled_back', imageId, at, details });
}

/** Offers a version to every member, once it is one that can be used. */
async function expose(
  options: FamiliesOptions,
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

async function share(
  options: FamiliesOptions,
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
  if (version) await expose(options, db, caller, { family, version });
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
  { changes }: FamiliesOptions,
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
async function ownImage(
  { policy }: FamiliesOptions,
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

/** The family, if the caller may change it. */
async function managedFamily(
  options: FamiliesOptions,
  db: Connection,
  caller: Caller,
  name: FamilyName,
): Promise<Family> {
  const { family } = await seenFamily(options, db, caller, name);
  checkManages(options.policy, caller, name);
  // Looked up again by its own, since in a transaction that keeps others off.
  return family;
}

async function seenFamily(
  { policy }: FamiliesOptions,
  db: Connection,
  caller: Caller,
  { owner, name }: FamilyName,
): Promise<SeenFamily> {
  const projectId = projectThatLooks(policy, caller);
  const family = (await findFamily(db, owner, name)) ?? notFound();
  const versions = await listVersions(db, family.id);
  const members = await listFamilyMembers(db, family.id);
  if (isOwners(family, caller)) return { family, versions, members };
  if (!members.some((member) => member.projectId === projectId)) notFound();
  const ids = versions.map(({ imageId }) => imageId);
  const mine = await listMemberships(db, ids, projectId);
  return {
    family,
    versions: versions.filter(({ imageId }) => mine.has(imageId)),
    members: undefined,
  };
}

/** What is current, for members and for all who see that image anyway. */
async function currentImage(
  { database, policy }: FamiliesOptions,
  caller: Caller,
  { owner, name }: FamilyName,
): Promise<CurrentImage> {
  const projectId = projectThatLooks(policy, caller);
  const family = (await findFamily(database.read, owner, name)) ?? notFound();
  const version = currentVersion(family, await listVersions(database.read, family.id));
  const seen = version && (await findImage(database.read, version.imageId, projectId));
  if (!version || !seen || !maySee(seen, caller, policy)) return notFound();
  return { family, version, image: seen.image };
}

function isOwners(family: Pick<Family, 'owner'>, caller: Caller): boolean {
  return seesAllMembers({ owner: family.owner } as Image, caller);
}

/** @throws DomainError `NotPermitted`; `NotFound` for who has nothing to do with the owner */
function checkManages(policy: Policy, caller: Caller, { owner }: Pick<FamilyName, 'owner'>): void {
  projectThatLooks(policy, caller);
  if (policy.allows('add_member', caller, { owner, visibility: 'shared' })) return;
  throw new DomainError('NotPermitted', 'Only who may share the owner’s images may do this.');
}

function sourceOf({ id }: Pick<Family, 'id'>): ShareSource {
  return { kind: 'family', id };
}

function notFound(): never {
  throw new DomainError('NotFound', 'There is no such family.');
}
