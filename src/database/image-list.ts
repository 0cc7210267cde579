import { type Expression, expressionBuilder, type SelectQueryBuilder, type SqlBool } from 'kysely';
import { type Caller, isAdmin } from '../domain/caller.ts';
import type { Image } from '../domain/image.ts';
import type { ImageQuery } from '../domain/image-query.ts';
import type { ListScope, Visibility } from '../domain/visibility.ts';
import type { Connection } from './database.ts';
import { filterCondition } from './image-filters.ts';
import { afterMarker, imageOrder, orderBy, sharedOrder } from './image-order.ts';
import { imageFromRow } from './image-rows.ts';
import type { ImageRow } from './image-tables.ts';
import type { Tables } from './tables.ts';

type ImageSelect = SelectQueryBuilder<Tables, 'images', object>;

const eb = expressionBuilder<Tables, 'images'>();

/**
 * One page of the images that a listing by `caller` includes; says in SQL what `isListed` says in code.
 *
 * The page is a union of index ranges (own, public, shared with me, community) that have no image in
 * common, each cut at the page size before they are merged: its cost does not grow with the images.
 *
 * @param after the marker's image; the page starts behind it
 */
export async function listImages(
  db: Connection,
  caller: Caller,
  query: ImageQuery,
  after: Image | undefined,
): Promise<Image[]> {
  if (query.limit === 0) return [];
  const page = pageQuery(db, caller, query, after);
  return page ? (await page.execute()).map(imageFromRow) : [];
}

/** The query behind `listImages`; undefined when no range can hold an image. */
export function pageQuery(
  db: Connection,
  caller: Caller,
  query: ImageQuery,
  after: Image | undefined,
) {
  const [first, ...others] = [
    ...imageRanges(caller, query.scope).map((range) =>
      cut(db.selectFrom('images').where(range), query, after, imageOrder),
    ),
    ...sharedRanges(db, caller, query.scope).map((range) => cut(range, query, after, sharedOrder)),
  ].map((range) => db.selectFrom(range.as('images')).selectAll());
  if (!first) return undefined;
  const union = others.reduce((page, range) => page.unionAll(range), first);
  return orderBy(db.selectFrom(union.as('images')).selectAll(), query.order, imageOrder).limit(
    query.limit,
  );
}

/** Filters, sorts and cuts one range. */
function cut(
  range: ImageSelect,
  query: ImageQuery,
  after: Image | undefined,
  columns: typeof imageOrder,
): SelectQueryBuilder<Tables, 'images', ImageRow> {
  const conditions = [
    eb('images.os_hidden', '=', Number(query.osHidden)),
    ...query.filters.map(filterCondition),
    ...(after ? [afterMarker(query.order, after, columns)] : []),
  ];
  const filtered = range.selectAll('images').where(eb.and(conditions));
  return orderBy(filtered, query.order, columns).limit(query.limit) as typeof filtered;
}

/** The ranges that are found in `images` itself. */
function imageRanges(caller: Caller, scope: ListScope): Expression<SqlBool>[] {
  if (isAdmin(caller)) return adminRanges(caller, scope);
  const ranges: Expression<SqlBool>[] = [];
  const { projectId } = caller;
  if (projectId !== null) {
    const own = eb('images.owner', '=', projectId);
    ranges.push(hasKind(scope) ? eb.and([own, isKind(scope.visibility)]) : own);
  }
  const open = (['public', 'community'] as const).filter((kind) => includes(scope, kind));
  return [...ranges, ...open.map((kind) => eb.and([isKind(kind), isNotOwn(projectId)]))];
}

/** An admin sees all of every kind, but others' community images only when asked for. */
function adminRanges(caller: Caller, scope: ListScope): Expression<SqlBool>[] {
  if (scope.visibility === 'all') return [eb.lit(true)];
  if (scope.visibility !== undefined) return [isKind(scope.visibility)];
  const kinds = (['public', 'private', 'shared'] as const).map(isKind);
  const own = eb.and([eb('images.owner', '=', caller.projectId), isKind('community')]);
  return [...kinds, own];
}

/** The images shared with the caller by others: found from its member rows. */
function sharedRanges(db: Connection, caller: Caller, scope: ListScope): ImageSelect[] {
  const { projectId } = caller;
  if (isAdmin(caller) || projectId === null || !includes(scope, 'shared')) return [];
  const { memberStatus } = scope;
  const shared = db
    .selectFrom('image_members')
    .innerJoin('images', 'images.id', 'image_members.image_id')
    .where('image_members.project_id', '=', projectId)
    .where('images.visibility', '=', 'shared')
    .where(isNotOwn(projectId))
    .$if(memberStatus !== 'all', (range) =>
      range.where('image_members.status', '=', memberStatus as Exclude<typeof memberStatus, 'all'>),
    );
  // The member row in scope is more than a range over `images` offers; nothing else is done with it.
  return [shared as unknown as ImageSelect];
}

/** Whether the listing includes others' images of that kind; community ones only when asked for. */
function includes(scope: ListScope, kind: Visibility): boolean {
  if (scope.visibility === undefined) return kind !== 'community';
  return scope.visibility === 'all' || scope.visibility === kind;
}

function hasKind(scope: ListScope): scope is ListScope & { readonly visibility: Visibility } {
  return scope.visibility !== undefined && scope.visibility !== 'all';
}

function isKind(kind: Visibility): Expression<SqlBool> {
  return eb('images.visibility', '=', kind);
}

function isNotOwn(projectId: string | null): Expression<SqlBool> {
  return projectId === null ? eb.lit(true) : eb('images.owner', 'is distinct from', projectId);
}
