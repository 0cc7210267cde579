import { randomUUID } from 'node:crypto';
import type { Connection, Database } from '../database/database.ts';
import { findImage } from '../database/images.ts';
import {
  deleteGroup,
  deleteGroupImage,
  deleteGroupMember,
  findGroup,
  type GroupContent,
  insertGroupImage,
  insertGroupMember,
  listGroupContent,
  listGroups,
  putGroup,
} from '../database/share-groups.ts';
import { listPlaces, type ShareSource } from '../database/share-sources.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import { checkSharedName } from '../domain/family.ts';
import type { Policy } from '../domain/policy.ts';
import { mostGroupShares, mostGroups, type ShareGroup } from '../domain/share-group.ts';
import { actorOf } from '../domain/share-log.ts';
import { projectThatLooks } from './inbox.ts';
import { checkMay } from './known-member.ts';
import type { Names } from './names.ts';
import type { Recipients } from './recipients.ts';
import { getSharedImage } from './seen-image.ts';
import type { ShareChanges } from './share-changes.ts';
import { shareBy, unshareBy } from './share-sources.ts';

export interface ShareGroupsOptions {
  readonly database: Database;
  readonly policy: Policy;
  readonly recipients: Recipients;
  readonly names: Names;
  readonly changes: ShareChanges;
  readonly clock: () => Date;
}

/** A group with its projects and images, and what the projects are called. */
export interface FullGroup extends GroupContent {
  readonly group: ShareGroup;
  readonly names: ReadonlyMap<string, string>;
}

/**
 * An owner's lists of projects that are given the same images: who joins gets them, who leaves loses what it has by the
 * group alone. Only the owner knows of them; all of this throws DomainError `NotFound`, `NotPermitted`.
 */
export interface ShareGroups {
  list(caller: Caller): Promise<readonly ShareGroup[]>;
  show(caller: Caller, name: string): Promise<FullGroup>;
  /** Makes a group, or says something else of one; the note goes with what it shares from then on. */
  put(caller: Caller, name: string, note: string | null): Promise<FullGroup>;
  /** Takes away what is had by the group alone, and the group. */
  remove(caller: Caller, name: string): Promise<void>;
  addMember(caller: Caller, name: string, memberId: string): Promise<FullGroup>;
  removeMember(caller: Caller, name: string, memberId: string): Promise<void>;
  addImage(caller: Caller, name: string, imageId: string): Promise<FullGroup>;
  removeImage(caller: Caller, name: string, imageId: string): Promise<void>;
}

/** A group within a change. */
interface Changing {
  readonly db: Connection;
  readonly caller: Caller;
  readonly group: ShareGroup;
}

export function shareGroupsService(options: ShareGroupsOptions): ShareGroups {
  const { database, policy, recipients, names, clock } = options;

  async function full(caller: Caller, name: string): Promise<FullGroup> {
    const group = await ownGroup(database.read, projectThatLooks(policy, caller), name);
    const content = await listGroupContent(database.read, group.id);
    return { group, ...content, names: await names.ofPartners(content.members, caller) };
  }

  const change = async (
    caller: Caller,
    name: string,
    work: (changing: Changing) => Promise<void>,
  ): Promise<void> => {
    const owner = projectThatShares(policy, caller);
    await database.transaction(async (db) => {
      await work({ db, caller, group: await ownGroup(db, owner, name) });
    });
  };

  return {
    list: (caller) => listGroups(database.read, projectThatLooks(policy, caller)),
    show: full,

    async put(caller, name, note) {
      const owner = projectThatShares(policy, caller);
      checkSharedName(name);
      await database.transaction(async (db) => {
        const groups = await listGroups(db, owner);
        if (groups.length >= mostGroups && !groups.some((group) => group.name === name)) {
          throw new DomainError('QuotaExceeded', `A project has at most ${mostGroups} groups.`);
        }
        await putGroup(db, { id: randomUUID(), owner, name, note, createdAt: clock() });
      });
      return await full(caller, name);
    },

    remove: (caller, name) =>
      change(caller, name, async (changing) => {
        await takeAll(options, changing, {});
        await deleteGroup(changing.db, changing.group);
      }),

    async addMember(caller, name, memberId) {
      await ownGroup(database.read, projectThatShares(policy, caller), name);
      const { projectId } = await recipients.find(caller, memberId);
      await change(caller, name, (changing) => addMember(options, changing, projectId));
      return await full(caller, name);
    },

    async removeMember(caller, name, memberId) {
      const { members } = await full(caller, name);
      projectThatShares(policy, caller);
      const projectId = members.includes(memberId)
        ? memberId
        : (await recipients.find(caller, memberId)).projectId;
      await change(caller, name, async (changing) => {
        const wasIn = await deleteGroupMember(changing.db, changing.group.id, projectId);
        if (!wasIn) throw new DomainError('NotFound', 'The project is not in that group.');
        await takeAll(options, changing, { projectId });
      });
    },

    async addImage(caller, name, imageId) {
      await change(caller, name, (changing) => addImage(options, changing, imageId));
      return await full(caller, name);
    },

    removeImage: (caller, name, imageId) =>
      change(caller, name, async (changing) => {
        // Locked first, as whoever deletes the image locks it first.
        await findImage(changing.db, imageId, null);
        const wasIn = await deleteGroupImage(changing.db, changing.group.id, imageId);
        if (!wasIn) throw new DomainError('NotFound', 'The image is not in that group.');
        await takeAll(options, changing, { imageId });
      }),
  };
}

async function addMember(
  { changes }: ShareGroupsOptions,
  { db, caller, group }: Changing,
  projectId: string,
): Promise<void> {
  await insertGroupMember(db, group.id, projectId);
  const content = await listGroupContent(db, group.id);
  checkSize(content);
  for (const imageId of content.images) {
    const seen = await findImage(db, imageId, caller.projectId);
    // Given away since, it is for its new owner to share.
    if (seen?.image.owner !== group.owner) continue;
    await shareBy(changes, db, seen.image, shareOf(group, caller, projectId));
  }
}

async function addImage(
  { policy, changes }: ShareGroupsOptions,
  { db, caller, group }: Changing,
  imageId: string,
): Promise<void> {
  const seen = await getSharedImage(db, caller, imageId, policy);
  checkMay(policy, 'add_member', caller, seen);
  if (seen.image.owner !== group.owner) {
    throw new DomainError('InvalidRequest', 'image: one of this project is wanted.');
  }
  await insertGroupImage(db, group.id, imageId);
  const content = await listGroupContent(db, group.id);
  checkSize(content);
  for (const projectId of content.members) {
    await shareBy(changes, db, seen.image, shareOf(group, caller, projectId));
  }
}

/** Takes away what is had by a group: of one image, by one project, or all. */
async function takeAll(
  { changes }: ShareGroupsOptions,
  { db, caller, group }: Changing,
  only: { readonly projectId?: string; readonly imageId?: string },
): Promise<void> {
  for (const { imageId, projectId } of await listPlaces(db, sourceOf(group), only)) {
    if (only.imageId !== undefined && only.imageId !== imageId) continue;
    const seen = await findImage(db, imageId, null);
    if (!seen) continue;
    const share = {
      ...shareOf(group, caller, projectId),
      how: 'withdrawn',
      owner: group.owner,
    } as const;
    await unshareBy(changes, db, seen.image, share);
  }
}

function shareOf(group: ShareGroup, caller: Caller, projectId: string) {
  return { projectId, source: sourceOf(group), by: actorOf(caller), note: group.note };
}

function sourceOf({ id }: ShareGroup): ShareSource {
  return { kind: 'group', id };
}

function checkSize({ members, images }: GroupContent): void {
  // One that is empty on one side is bounded too.
  if (Math.max(1, members.length) * Math.max(1, images.length) <= mostGroupShares) return;
  const text = `A group has at most ${mostGroupShares} shares, projects times images.`;
  throw new DomainError('QuotaExceeded', text);
}

async function ownGroup(db: Connection, owner: string, name: string): Promise<ShareGroup> {
  const group = await findGroup(db, owner, name);
  if (group) return group;
  throw new DomainError('NotFound', 'There is no such group.');
}

/** The project whose images the caller may share. @throws DomainError `NotPermitted` */
export function projectThatShares(policy: Policy, caller: Caller): string {
  const own = { owner: caller.projectId, visibility: 'shared' } as const;
  if (caller.projectId !== null && policy.allows('add_member', caller, own)) {
    return caller.projectId;
  }
  throw new DomainError('NotPermitted', 'Only who may share the images of a project may do this.');
}
