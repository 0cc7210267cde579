import { type Selectable, sql } from 'kysely';
import type { Image } from '../domain/image.ts';
import type { Member, MemberStatus } from '../domain/member.ts';
import { plainTerms, type ShareTerms } from '../domain/share.ts';
import type { Connection } from './database.ts';
import { isUnkeepable, jsonTexts } from './dialect.ts';
import type { ImageMemberRow } from './image-tables.ts';
import { prepared } from './prepared.ts';

const columns = ['image_id', 'project_id', 'status', 'created_at', 'updated_at'] as const;

type MemberRow = Pick<Selectable<ImageMemberRow>, (typeof columns)[number]>;

/*
 * A member whose share is over is as if it had never been: no query here finds it, though its row is removed
 * only a little later.
 */

const selectMembers = prepared<{ imageId: string; now: number }, MemberRow>((db, value) =>
  db
    .selectFrom('image_members')
    .select(columns)
    .where('image_id', '=', value('imageId'))
    .where('expires_at', '>', value('now'))
    .orderBy('id'),
);

/** Every member of an image, in order of adding. */
export async function listMembers(db: Connection, imageId: string): Promise<Member[]> {
  const { rows } = await selectMembers(db, { imageId, now: Date.now() });
  return rows.map(memberFromRow);
}

const selectMember = prepared<{ imageId: string; projectId: string; now: number }, MemberRow>(
  (db, value) =>
    db
      .selectFrom('image_members')
      .select(columns)
      .where('image_id', '=', value('imageId'))
      .where('project_id', '=', value('projectId'))
      .where('expires_at', '>', value('now')),
);

/** The member row of one project. */
export async function findMember(
  db: Connection,
  imageId: string,
  projectId: string,
): Promise<Member | undefined> {
  if (isUnkeepable(db, projectId)) return undefined;
  const { rows } = await selectMember(db, { imageId, projectId, now: Date.now() });
  return rows[0] && memberFromRow(rows[0]);
}

const selectMemberships = prepared<
  { imageIds: string; projectId: string; now: number },
  Pick<MemberRow, 'image_id' | 'status'>
>((db, value) =>
  db
    .selectFrom('image_members')
    .select(['image_id', 'status'])
    .where('project_id', '=', value('projectId'))
    .where('expires_at', '>', value('now'))
    .where(
      'image_id',
      'in',
      sql<string>`(select value from ${jsonTexts(db, sql.val(value('imageIds')))})`,
    ),
);

/** What one project has answered to each of these images, by their ids; nothing where it is no member. */
export async function listMemberships(
  db: Connection,
  imageIds: readonly string[],
  projectId: string | null,
): Promise<ReadonlyMap<string, MemberStatus>> {
  if (projectId === null || imageIds.length === 0) return new Map();
  const { rows } = await selectMemberships(db, {
    imageIds: JSON.stringify(imageIds),
    projectId,
    now: Date.now(),
  });
  return new Map(rows.map((row) => [row.image_id, row.status]));
}

const selectPartners = prepared<
  { projectIds: string; projectId: string; now: number },
  { id: string }
>((db, value) =>
  db
    .selectFrom(
      sql<{
        id: string;
      }>`(select value as id from ${jsonTexts(db, sql.val(value('projectIds')))})`.as('asked'),
    )
    .select('asked.id')
    .where((eb) => {
      const shared = eb
        .selectFrom('image_members')
        .select('project_id')
        .where('image_visibility', '=', 'shared')
        .where('expires_at', '>', value('now'));
      return eb.or([
        eb.exists(
          shared
            .where('image_owner', '=', value('projectId'))
            .whereRef('project_id', '=', 'asked.id'),
        ),
        eb.exists(
          shared
            .whereRef('image_owner', '=', 'asked.id')
            .where('project_id', '=', value('projectId')),
        ),
      ]);
    }),
);

/** Which of these projects share an image with `projectId`, in either direction, whatever was answered. */
export async function listPartners(
  db: Connection,
  projectIds: readonly string[],
  projectId: string | null,
): Promise<ReadonlySet<string>> {
  if (projectId === null || projectIds.length === 0) return new Set();
  const { rows } = await selectPartners(db, {
    projectIds: JSON.stringify(projectIds),
    projectId,
    now: Date.now(),
  });
  return new Set(rows.map(({ id }) => id));
}

const selectCount = prepared<{ imageId: string; now: number }, { count: number }>((db, value) =>
  db
    .selectFrom('image_members')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('image_id', '=', value('imageId'))
    .where('expires_at', '>', value('now')),
);

/** How many members an image has. */
export async function countMembers(db: Connection, imageId: string): Promise<number> {
  const { rows } = await selectCount(db, { imageId, now: Date.now() });
  return rows[0]?.count ?? 0;
}

type NewRow = Omit<Selectable<ImageMemberRow>, 'id' | 'set_aside' | 'withdrawal' | 'warned'>;

const insert = prepared<NewRow, unknown>((db, value) =>
  db
    .insertInto('image_members')
    .values({
      image_id: value('image_id'),
      project_id: value('project_id'),
      status: value('status'),
      created_at: value('created_at'),
      updated_at: value('updated_at'),
      image_created_at: value('image_created_at'),
      image_owner: value('image_owner'),
      image_visibility: value('image_visibility'),
      note: value('note'),
      expires_at: value('expires_at'),
    })
    .onConflict((conflict) => conflict.columns(['image_id', 'project_id']).doNothing()),
);

/** What stands in a row for no end. */
export const never = Number.MAX_SAFE_INTEGER;

/** Adds a member; false when the project is one already, or was one and its row is still there. */
export async function insertMember(
  db: Connection,
  image: Image,
  member: Member,
  { note, expiresAt }: ShareTerms = plainTerms,
): Promise<boolean> {
  const { numAffectedRows } = await insert(db, {
    image_id: image.id,
    project_id: member.projectId,
    status: member.status,
    created_at: member.createdAt.getTime(),
    updated_at: member.updatedAt.getTime(),
    image_created_at: image.createdAt.getTime(),
    image_owner: image.owner,
    image_visibility: image.visibility,
    note,
    expires_at: expiresAt?.getTime() ?? never,
  });
  return numAffectedRows === 1n;
}

type Answer = Pick<MemberRow, 'image_id' | 'project_id' | 'status' | 'updated_at'>;

const update = prepared<Answer, unknown>((db, value) =>
  db
    .updateTable('image_members')
    .set({ status: value('status'), updated_at: value('updated_at'), set_aside: 0 })
    .where('image_id', '=', value('image_id'))
    .where('project_id', '=', value('project_id')),
);

/** Saves a member's answer. */
export async function updateMember(db: Connection, member: Member): Promise<void> {
  await update(db, {
    image_id: member.imageId,
    project_id: member.projectId,
    status: member.status,
    updated_at: member.updatedAt.getTime(),
  });
}

/** Removes a member. */
export async function deleteMember(db: Connection, member: Member): Promise<void> {
  await db
    .deleteFrom('image_members')
    .where('image_id', '=', member.imageId)
    .where('project_id', '=', member.projectId)
    .execute();
}

function memberFromRow(row: MemberRow): Member {
  return {
    imageId: row.image_id,
    projectId: row.project_id,
    status: row.status,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  };
}
