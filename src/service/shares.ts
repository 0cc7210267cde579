import type { Connection, Database } from '../database/database.ts';
import { type DownloadSum, listDownloads } from '../database/image-downloads.ts';
import { deleteSources } from '../database/share-sources.ts';
import { findShare, listShares } from '../database/shares.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import type { Image } from '../domain/image.ts';
import { seesAllMembers } from '../domain/member.ts';
import type { Policy } from '../domain/policy.ts';
import type { Recipient } from '../domain/recipient.ts';
import { checkTerms, type Share, type ShareTerms } from '../domain/share.ts';
import { actorOf } from '../domain/share-log.ts';
import { checkMay, getKnownMember, memberNotFound } from './known-member.ts';
import { memberLookup } from './member-lookup.ts';
import type { Names } from './names.ts';
import type { Recipients } from './recipients.ts';
import { getSharedImage } from './seen-image.ts';
import type { ShareChanges } from './share-changes.ts';

export interface SharesOptions {
  readonly database: Database;
  readonly policy: Policy;
  readonly recipients: Recipients;
  readonly names: Names;
  readonly changes: ShareChanges;
  readonly clock: () => Date;
}

/** Shares, and what their members are called. */
export interface NamedShares {
  readonly shares: readonly Share[];
  readonly names: ReadonlyMap<string, string>;
  /** What each member has downloaded. */
  readonly downloads: ReadonlyMap<string, DownloadSum>;
}

/** A share that was made or changed, and how its project was found. */
export interface PutShare {
  readonly share: Share;
  readonly found: Recipient['found'];
}

/** What an owner says of each share of an image; who may see and do what is as with its members. */
export interface Shares {
  list(caller: Caller, imageId: string): Promise<NamedShares>;
  show(caller: Caller, imageId: string, memberId: string): Promise<Share>;
  /** Makes a share, or says something else of one that there is. */
  put(caller: Caller, imageId: string, memberId: string, terms: ShareTerms): Promise<PutShare>;
  /** Shares images with projects, each with each; in one transaction, and a result for each. */
  putMany(caller: Caller, asked: ManyShares): Promise<readonly ManyResult[]>;
  /** Says when the share will be withdrawn: its end, if that does not come first. */
  withdraw(
    caller: Caller,
    imageId: string,
    memberId: string,
    announced: { readonly reason: string; readonly at: Date },
  ): Promise<Share>;
}

export interface ManyShares {
  readonly images: readonly string[];
  readonly members: readonly string[];
  readonly terms: ShareTerms;
  /** Whether one refusal undoes all of them. */
  readonly allOrNothing: boolean;
}

/** What came of one of many, in the words of the wire. */
export interface ManyResult {
  readonly image_id: string;
  /** As it was typed. */
  readonly member: string;
  readonly status: Share['status'] | null;
  readonly error: string | null;
}

export function sharesService(options: SharesOptions): Shares {
  const { database, policy, names } = options;
  const byIdOrName = memberLookup(options);

  async function show(caller: Caller, imageId: string, projectId: string): Promise<Share> {
    const seen = await getSharedImage(database.read, caller, imageId, policy);
    await getKnownMember(database.read, { caller, seen, projectId }, policy);
    const share = await findShare(database.read, imageId, projectId);
    if (!share) throw memberNotFound(imageId, projectId);
    return share;
  }

  return {
    async list(caller, imageId) {
      const seen = await getSharedImage(database.read, caller, imageId, policy);
      checkMay(policy, 'get_members', caller, seen);
      const all = await listShares(database.read, imageId);
      const isAll = seesAllMembers(seen.image, caller);
      const shares = all.filter((share) => isAll || share.projectId === caller.projectId);
      const ids = shares.map(({ projectId }) => projectId);
      const downloads = await listDownloads(database.read, imageId);
      return { shares, downloads, names: await names.ofProjects(ids) };
    },

    show: (caller, imageId, memberId) =>
      byIdOrName({ caller, imageId, memberId }, (projectId) => show(caller, imageId, projectId)),

    put: (caller, imageId, memberId, terms) => put(options, caller, { imageId, memberId, terms }),

    putMany: (caller, asked) => putMany(options, caller, asked),

    withdraw: (caller, imageId, memberId, announced) =>
      byIdOrName({ caller, imageId, memberId }, (projectId) =>
        database.transaction(async (db) => {
          const seen = await getSharedImage(db, caller, imageId, policy);
          await getKnownMember(db, { caller, seen, projectId }, policy);
          checkMay(policy, 'delete_member', caller, seen);
          checkTerms({ note: null, expiresAt: announced.at }, options.clock());
          const share = await findShare(db, imageId, projectId);
          if (!share) throw memberNotFound(imageId, projectId);
          const by = actorOf(caller);
          return options.changes.announceEnd(db, seen.image, { share, ...announced, by });
        }),
      ),
  };
}

interface Putting {
  readonly imageId: string;
  readonly memberId: string;
  readonly terms: ShareTerms;
}

async function put(
  options: SharesOptions,
  caller: Caller,
  { imageId, memberId, terms }: Putting,
): Promise<PutShare> {
  const { database, policy, recipients, clock } = options;
  // Before anybody is asked for a name, which may take long.
  const seen = await getSharedImage(database.read, caller, imageId, policy);
  checkMay(policy, 'add_member', caller, seen);
  checkTerms(terms, clock());
  const isMember = (await findShare(database.read, imageId, memberId)) !== undefined;
  const { projectId, found } = isMember
    ? ({ projectId: memberId, found: 'unasked' } as const)
    : await recipients.find(caller, memberId);
  const share = await database.transaction(async (db) => {
    const { image, membership } = await getSharedImage(db, caller, imageId, policy);
    checkMay(policy, 'add_member', caller, { image, membership });
    return putOne(options, db, image, { projectId, terms, caller });
  });
  return { share, found };
}

/** Images times projects in one call: what one transaction may hold others up with. */
const mostAtOnce = 500;

async function putMany(
  options: SharesOptions,
  caller: Caller,
  { images, members, terms, allOrNothing }: ManyShares,
): Promise<readonly ManyResult[]> {
  const { database, policy, recipients, clock } = options;
  checkTerms(terms, clock());
  // In one order for everybody, so that nobody waits for who waits for him.
  const imageIds = [...new Set(images)].toSorted();
  const typed = [...new Set(members)];
  if (imageIds.length * typed.length > mostAtOnce) {
    throw new DomainError(
      'InvalidRequest',
      `images: at most ${mostAtOnce} shares are made at once.`,
    );
  }
  // Names are told to nobody who may not share any of the images.
  const first = await firstShareable(options, caller, imageIds);
  const projects = new Map<string, Recipient | DomainError>();
  for (const member of first ? typed : []) {
    projects.set(member, await recipients.find(caller, member).catch(asResult));
  }
  const pairs = imageIds.flatMap((imageId) => typed.map((member) => ({ imageId, member })));
  return await database.transaction(async (db) => {
    const results: ManyResult[] = [];
    for (const { imageId, member } of pairs) {
      const share = async (): Promise<ManyResult> => {
        const seen = await getSharedImage(db, caller, imageId, policy);
        checkMay(policy, 'add_member', caller, seen);
        const found = projects.get(member);
        if (found instanceof DomainError) throw found;
        const projectId = found?.projectId ?? member;
        const { status } = await putOne(options, db, seen.image, { projectId, terms, caller });
        return { image_id: imageId, member, status, error: null };
      };
      // Whatever is refused is so before anything is written.
      const refused = (error: unknown): ManyResult => {
        if (allOrNothing || !(error instanceof DomainError)) throw error;
        return { image_id: imageId, member, status: null, error: error.message };
      };
      results.push(await share().catch(refused));
    }
    return results;
  });
}

/** A refusal is what came of one of many; anything else ends them all. */
function asResult(error: unknown): DomainError {
  if (error instanceof DomainError && error.code === 'InvalidRequest') return error;
  throw error;
}

/** An image of these that the caller may share. */
async function firstShareable(
  { database, policy }: SharesOptions,
  caller: Caller,
  imageIds: readonly string[],
): Promise<string | undefined> {
  for (const imageId of imageIds) {
    try {
      checkMay(
        policy,
        'add_member',
        caller,
        await getSharedImage(database.read, caller, imageId, policy),
      );
      return imageId;
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
    }
  }
  return undefined;
}

async function putOne(
  { changes }: SharesOptions,
  db: Connection,
  image: Image,
  { projectId, terms, caller }: { projectId: string; terms: ShareTerms; caller: Caller },
): Promise<Share> {
  const by = actorOf(caller);
  const known = await findShare(db, image.id, projectId);
  if (known) {
    // From now on it is the owner's own, whatever family or group it came by.
    await deleteSources(db, { imageId: image.id, projectId });
    return changes.changeTerms(db, image, { share: known, terms, by });
  }
  const member = await changes.offer(db, image, { projectId, by, terms });
  return { ...member, ...terms, setAside: false, withdrawal: null };
}
