import { createHash } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import { lineText, type ShareEntry, type ShareLine } from '../domain/share-log.ts';
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
      .limit(sql.lit(1)),
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

/** Which lines of a log are asked for. */
export interface ShareLogPage {
  readonly imageId: string;
  /** The lines about one consumer alone. */
  readonly projectId?: string | undefined;
  /** Lines behind that one. */
  readonly after: number;
  readonly limit: number;
}

/** Lines of the log of an image, in order. */
export async function listShareLog(
  db: Connection,
  { imageId, projectId, after, limit }: ShareLogPage,
): Promise<readonly ShareLine[]> {
  const lines = db
    .selectFrom('share_log')
    .selectAll()
    .where('image_id', '=', imageId)
    .where('number', '>', after)
    .orderBy('number')
    .limit(limit);
  const asked = projectId === undefined ? lines : lines.where('project_id', '=', projectId);
  return (await asked.execute()).map(lineFromRow);
}

/** Rows that are read at a time. */
const pageSize = 1000;

/** Every line of every log, image by image, each in its order. */
export async function* eachShareLine(db: Connection): AsyncGenerator<ShareLine> {
  let last = { image_id: '', number: 0 };
  for (;;) {
    const rows = await db
      .selectFrom('share_log')
      .selectAll()
      .where((eb) =>
        eb(eb.refTuple('image_id', 'number'), '>', eb.tuple(last.image_id, last.number)),
      )
      .orderBy('image_id')
      .orderBy('number')
      .limit(pageSize)
      .execute();
    yield* rows.map(lineFromRow);
    const end = rows.at(-1);
    if (!end || rows.length < pageSize) return;
    last = end;
  }
}

/** Whether a line is what its hash says, and follows the one before it in the log of its image. */
export function isInChain(line: ShareLine, before: ShareLine | undefined): boolean {
  const isFirst = before?.imageId !== line.imageId;
  const hash = createHash('sha256').update(lineText(line)).digest('hex');
  const expected = isFirst
    ? { number: 1, previous: '' }
    : { number: before.number + 1, previous: before.hash };
  return (
    line.hash === hash && line.number === expected.number && line.previous === expected.previous
  );
}

function lineFromRow(row: Selectable<ShareLogRow>): ShareLine {
  return {
    imageId: row.image_id,
    number: row.number,
    at: new Date(row.at),
    kind: row.kind,
    projectId: row.project_id,
    by: { projectId: row.by_project, userId: row.by_user },
    details: JSON.parse(row.details),
    previous: row.previous,
    hash: row.hash,
  };
}
