import type { Selectable } from 'kysely';
import type { MemberStatus, SeenDocument } from '../domain/member.ts';
import type { Connection } from './database.ts';
import { isUnkeepable } from './dialect.ts';
import type { ImageDocumentRow } from './image-tables.ts';
import { prepared } from './prepared.ts';

const selectSeen = prepared<
  { id: string; projectId: string | null; now: number },
  Omit<Selectable<ImageDocumentRow>, 'image_id'> & { membership: MemberStatus | null }
>((db, value) =>
  db
    .selectFrom('image_documents')
    .leftJoin('image_members', (join) =>
      join
        .onRef('image_members.image_id', '=', 'image_documents.image_id')
        .on('image_members.project_id', '=', value('projectId'))
        .on('image_members.expires_at', '>', value('now')),
    )
    .select(['owner', 'visibility', 'document', 'image_members.status as membership'])
    .where('image_documents.image_id', '=', value('id')),
);

/** The document of that image with the project's own answer to it; whether it may be seen is not asked here. */
export async function findDocument(
  db: Connection,
  id: string,
  projectId: string | null,
): Promise<SeenDocument | undefined> {
  if (isUnkeepable(db, id)) return undefined;
  const { rows } = await selectSeen(db, { id, projectId, now: Date.now() });
  const [row] = rows;
  return (
    row && {
      image: { owner: row.owner, visibility: row.visibility },
      membership: row.membership ?? undefined,
      document: row.document,
    }
  );
}
