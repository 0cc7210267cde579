import { randomUUID } from 'node:crypto';
import type { Connection } from '../database/database.ts';
import {
  countFamilies,
  findFamily,
  insertFamily,
  insertVersion,
  listFamilies,
  listVersions,
  setCurrent,
  setDeprecation,
} from '../database/families.ts';
import { findImage } from '../database/images.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import {
  checkSharedName,
  currentVersion,
  type Family,
  type FamilyVersion,
  versionBefore,
} from '../domain/family.ts';
import type { Image } from '../domain/image.ts';
import { recordFamily } from './family-events.ts';
import {
  type FamilySharesOptions,
  offerVersion,
  ownImage,
  removeFamily,
  shareFamily,
  unshareFamily,
} from './family-shares.ts';
import { projectThatLooks } from './inbox.ts';
import {
  checkManages,
  type FamilyName,
  familyNotFound,
  managedFamily,
  type SeenFamily,
  seenFamily,
} from './seen-family.ts';
import { imageNotFound, maySee } from './seen-image.ts';

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

/** Families that one project may have. */
const mostFamilies = 500;

export function familiesService(options: FamilySharesOptions): Families {
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
        shareFamily(options, db, caller, { family, projectId, note }),
      );
    },

    unshare: (caller, name, memberId) => unshareFamily(options, caller, { name, memberId }),

    remove: (caller, name) => removeFamily(options, caller, name),
  };
}

async function makeFamily(
  { clock }: FamilySharesOptions,
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
  options: FamilySharesOptions,
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
  await offerVersion(options, db, caller, { family, version });
  // Whoever got no answer asks again; then the version before is still the one to go back to.
  if (currentVersion(family, versions)?.imageId === imageId) return;
  await insertVersion(db, family.id, version);
  await setCurrent(db, family, { current: number, at });
  const details = { previous_image_id: currentVersion(family, versions)?.imageId ?? null };
  await recordFamily(db, family, { kind: 'promoted', imageId, at, details });
}

/** Makes the version current again that was so before. */
async function rollBack(
  options: FamilySharesOptions,
  db: Connection,
  caller: Caller,
  family: Family,
): Promise<void> {
  const at = options.clock();
  const versions = await listVersions(db, family.id);
  const version = versionBefore(family, versions);
  if (!version) throw new DomainError('NotFound', 'No version before this one is left.');
  await offerVersion(options, db, caller, { family, version });
  await setCurrent(db, family, { current: version.number, at });
  const details = { previous_image_id: currentVersion(family, versions)?.imageId ?? null };
  const { imageId } = version;
  await recordFamily(db, family, { kind: 'rolled_back', imageId, at, details });
}

/** What is current, for members and for all who see that image anyway. */
async function currentImage(
  { database, policy }: FamilySharesOptions,
  caller: Caller,
  { owner, name }: FamilyName,
): Promise<CurrentImage> {
  const projectId = projectThatLooks(policy, caller);
  const family = (await findFamily(database.read, owner, name)) ?? familyNotFound();
  const version = currentVersion(family, await listVersions(database.read, family.id));
  const seen = version && (await findImage(database.read, version.imageId, projectId));
  if (!version || !seen || !maySee(seen, caller, policy)) return familyNotFound();
  return { family, version, image: seen.image };
}
