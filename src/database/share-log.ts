import { createHash } from 'node:crypto';
import type { Selectable } from 'kysely';
import { lineText, type ShareEntry } from '../domain/share-log.ts';
import type { Connection } from './database.ts';
import { prepared } from './prepared.ts';
import type { ShareLogRow } from './share-tables.ts';

const selectLast = prepared<{ imageId: string }, Pick<ShareLogRow, 'number' | 'hash'>>(
  (db, value) =>
    db
      .selectFrom('share_log')
      .select(['number', 'hash'])
      .where('image_id', '=', value('imageId'))
      .orderBy('number', 'desc')
      .limit(1),
);

const insert = prepared<Selectable<ShareLogRow>, unknown>((db, value) =>
  db.insertInto('share_log').values({
    image_id: value('image_id'),
    number: value('number'),
    at: value('at'),
    kind: value('kind'),
    project_id: value('project_id'),
    by_project: value('by_project'),
    by_user: value('by_user'),
    details: value('details'),
    previous: value('previous'),
    hash: value('hash'),
  }),
);

/** Adds to the log of an image, which the transaction has locked: each line holds the hash of the one before. */
export async function appendShareLog(
  db: Connection,
  imageId: string,
  entries: readonly ShareEntry[],
): Promise<void> {
  const { rows } = await selectLast(db, { imageId });
  let { number, hash } = rows[0] ?? { number: 0, hash: '' };
  for (const entry of entries) {
    const previous = hash;
    number += 1;
    hash = createHash('sha256')
      .update(lineText({ ...entry, imageId, number, previous }))
      .digest('hex');
    await insert(db, {
      image_id: imageId,
      number,
      at: entry.at.getTime(),
      kind: entry.kind,
      project_id: entry.projectId,
      by_project: entry.by.projectId,
      by_user: entry.by.userId,
      details: JSON.stringify(entry.details),
      previous,
      hash,
    });
  }
}
