import { type Selectable, type SqlBool, sql } from 'kysely';
import type { Offer, OfferState } from '../domain/share.ts';
import type { Connection } from './database.ts';
import type { ImageMemberRow, ImageRow } from './image-tables.ts';
import { prepared } from './prepared.ts';
import { shareColumns, shareFromRow } from './shares.ts';

/** A page of an inbox. */
export interface InboxQuery {
  readonly projectId: string;
  readonly states: readonly OfferState[];
  /** Offers older than the one of that number; the largest safe number for the newest. */
  readonly before: number;
  readonly limit: number;
}

/** An offer in its place. */
export interface NumberedOffer extends Offer {
  /** Grows with every offer. */
  readonly number: number;
}

const imageColumns = [
  ...(['name', 'owner', 'visibility', 'size', 'disk_format', 'container_format'] as const),
  ...(['os_hash_value', 'status as image_status'] as const),
] as const;

type InboxRow = Pick<Selectable<ImageMemberRow>, (typeof shareColumns)[number]> &
  Pick<
    Selectable<ImageRow>,
    'name' | 'owner' | 'visibility' | 'size' | 'disk_format' | 'container_format' | 'os_hash_value'
  > & { readonly image_status: ImageRow['status'] };

interface Values {
  readonly projectId: string;
  readonly before: number;
  readonly now: number;
  readonly limit: number;
}

/** What each state is in rows. */
const rowsOf = {
  pending: { status: 'pending', set_aside: 0 },
  set_aside: { status: 'pending', set_aside: 1 },
  accepted: { status: 'accepted', set_aside: 0 },
  rejected: { status: 'rejected', set_aside: 0 },
} as const satisfies Record<OfferState, object>;

const queries = new Map<string, ReturnType<typeof inboxQuery>>();

/** The newest offers of an inbox: a range of an index for each state, cut at the page before they are merged. */
export async function listOffers(
  db: Connection,
  { projectId, states, before, limit }: InboxQuery,
): Promise<readonly NumberedOffer[]> {
  const key = states.join();
  const query = queries.get(key) ?? inboxQuery(states);
  queries.set(key, query);
  const { rows } = await query(db, { projectId, before, limit, now: Date.now() });
  return rows.map(offerFromRow);
}

function inboxQuery(states: readonly OfferState[]) {
  return prepared<Values, InboxRow>((db, value) => {
    const ranges = states.map((state) => range(db, value, state));
    const [first, ...rest] = ranges;
    if (!first) throw new Error('An inbox is asked for one state at least.');
    const union = rest.reduce((all, one) => all.unionAll(one), first);
    const page = db
      .selectFrom(union.as('ranges'))
      .selectAll()
      .orderBy('number', 'desc')
      .limit(value('limit'));
    return db
      .selectFrom(page.as('page'))
      .innerJoin('image_members', 'image_members.id', 'page.number')
      .innerJoin('images', 'images.id', 'image_members.image_id')
      .select(shareColumns.map((column) => `image_members.${column}` as const))
      .select(imageColumns.map((column) => `images.${column}` as const))
      .orderBy('page.number', 'desc');
  });
}

function range(
  db: Connection,
  value: <K extends keyof Values>(name: K) => Values[K],
  state: OfferState,
) {
  const { status, set_aside } = rowsOf[state];
  const offers = db
    .selectFrom('image_members')
    .select('id as number')
    .where('project_id', '=', value('projectId'))
    .where('status', '=', sql.lit(status))
    .where('set_aside', '=', sql.lit(set_aside))
    .where('id', '<', value('before'))
    .where('image_visibility', '=', sql.lit('shared'))
    .where('expires_at', '>', value('now'))
    .where(sql<SqlBool>`image_owner is distinct from project_id`)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('muted_producers')
            .select('muted_producers.project_id')
            .where('muted_producers.project_id', '=', value('projectId'))
            .whereRef('muted_producers.producer_id', '=', 'image_members.image_owner'),
        ),
      ),
    )
    .orderBy('id', 'desc')
    .limit(value('limit'));
  return db.selectFrom(offers.as('range')).selectAll();
}

function offerFromRow(row: InboxRow): NumberedOffer {
  return {
    number: row.id,
    share: shareFromRow(row),
    image: {
      id: row.image_id,
      name: row.name,
      owner: row.owner,
      visibility: row.visibility,
      status: row.image_status,
      size: row.size,
      diskFormat: row.disk_format,
      containerFormat: row.container_format,
      osHashValue: row.os_hash_value,
    },
  };
}
