import {
  type CompiledQuery,
  type Expression,
  expressionBuilder,
  type SelectQueryBuilder,
  type SqlBool,
  sql,
} from 'kysely';
import type { Caller } from '../domain/caller.ts';
import type { Image } from '../domain/image.ts';
import type { ImageQuery } from '../domain/image-query.ts';
import { memberStatuses } from '../domain/member.ts';
import type { ListScope, Visibility } from '../domain/visibility.ts';
import type { Connection } from './database.ts';
import { filterCondition } from './image-filters.ts';
import {
  type After,
  afterMarker,
  imageOrder,
  type OrderColumns,
  orderByKeys,
  selectKeys,
  sharedOrder,
} from './image-order.ts';
import { imageFromRow } from './image-rows.ts';
import type { ImageRow } from './image-tables.ts';
import { type ListPlan, listPlan, listValues } from './list-plan.ts';
import { placeholder, runPrepared } from './prepared.ts';
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
  after: After,
): Promise<Image[]> {
  if (query.limit === 0) return [];
  const page = compiledPage(db, listPlan(caller, query, after));
  const { rows } = await runPrepared(db, page, listValues(caller, query, after));
  return rows.map(imageFromRow);
}

const compiled = new WeakMap<object, Map<string, CompiledQuery<ImageRow>>>();

/** Bounds what callers can make the service keep by combining filters. */
const maxPlans = 200;

/** The page of that plan, built once: building costs more than running. */
function compiledPage(db: Connection, plan: ListPlan): CompiledQuery<ImageRow> {
  const dialect = db.getExecutor().adapter;
  const known = compiled.get(dialect) ?? new Map<string, CompiledQuery<ImageRow>>();
  compiled.set(dialect, known);
  const key = JSON.stringify(plan);
  const page = known.get(key) ?? pageQuery(db, plan).compile();
  if (known.size >= maxPlans) known.clear();
  known.set(key, page);
  return page;
}

/** The query behind `listImages`, with placeholders for the names of `listValues`. */
export function pageQuery(db: Connection, plan: ListPlan) {
  const ranges = [...imageRanges(db, plan), ...sharedRanges(db, plan)];
  const union = ranges.reduce((page, range) => page.unionAll(range));
  // Ids and sort keys are merged; the rest of the row is read for the page alone.
  const page = orderByKeys(db.selectFrom(union.as('ranges')).selectAll(), plan.order);
  const rows = db
    .selectFrom(page.limit(eb.lit(plan.limit)).as('page'))
    .innerJoin('images', 'images.id', 'page.id')
    .selectAll('images');
  return orderByKeys(rows, plan.order);
}

/** Filters, sorts and cuts one range. */
function cut(db: Connection, range: ImageSelect, plan: ListPlan, columns: OrderColumns) {
  const conditions = [
    eb('images.os_hidden', '=', placeholder('osHidden')),
    ...plan.filters.map((filter, index) => filterCondition(filter, `filter ${index}`)),
    ...(plan.hasMarker ? [afterMarker(plan.order, columns)] : []),
  ];
  const keys = range.where(eb.and(conditions)).select(selectKeys(plan.order, columns));
  const page = orderByKeys(keys, plan.order).limit(eb.lit(plan.limit));
  return db.selectFrom(page.as('range')).selectAll();
}

/** The ranges that are found in `images` itself. */
function imageRanges(db: Connection, plan: ListPlan) {
  const conditions = plan.isAdmin ? adminConditions(plan) : userConditions(plan);
  return conditions.map((condition) =>
    cut(db, db.selectFrom('images').where(condition), plan, imageOrder),
  );
}

function userConditions(plan: ListPlan): Expression<SqlBool>[] {
  const { scope, hasProject } = plan;
  const own = hasKind(scope) ? eb.and([isOwn(), isOfKind(scope.visibility)]) : isOwn();
  const open = (['public', 'community'] as const).filter((kind) => includes(scope, kind));
  const ranges = open.map((kind) => eb.and([isKind(kind), isNotOwn(plan)]));
  // There is always a range, if only one that holds nothing.
  return hasProject ? [own, ...ranges] : [...ranges, eb.lit(false)];
}

/** An admin sees all of every kind, but others' community images only when asked for. */
function adminConditions({ scope }: ListPlan): Expression<SqlBool>[] {
  if (scope.visibility === 'all') return [eb.lit(true)];
  if (scope.visibility !== undefined) return [isKind(scope.visibility)];
  const kinds = (['public', 'private', 'shared'] as const).map(isKind);
  return [...kinds, eb.and([isOwn(), isOfKind('community')])];
}

/** The images shared with the caller by others: found from its member rows. */
function sharedRanges(db: Connection, plan: ListPlan) {
  const { memberStatus } = plan.scope;
  if (plan.isAdmin || !plan.hasProject || !includes(plan.scope, 'shared')) return [];
  // Each answer is an index range sorted by age; all of them at once would be read to their end.
  const answers = memberStatus === 'all' ? memberStatuses : [memberStatus];
  return answers.map((answer) => {
    const shared = db
      .selectFrom('image_members')
      .innerJoin('images', 'images.id', 'image_members.image_id')
      .where('image_members.project_id', '=', placeholder('projectId'))
      .where('image_members.status', '=', answer)
      .where(isOfKind('shared'))
      .where(isNotOwn(plan));
    // The member row in scope is more than a range over `images` offers; nothing else is done with it.
    return cut(db, shared as unknown as ImageSelect, plan, sharedOrder);
  });
}

/** Whether the listing includes others' images of that kind; community ones only when asked for. */
function includes(scope: ListScope, kind: Visibility): boolean {
  if (scope.visibility === undefined) return kind !== 'community';
  return scope.visibility === 'all' || scope.visibility === kind;
}

function hasKind(scope: ListScope): scope is ListScope & { readonly visibility: Visibility } {
  return scope.visibility !== undefined && scope.visibility !== 'all';
}

/**
 * Says the same as `isKind` to a range that is found in another way: an expression is in no index,
 * so the planner cannot take the images of that kind, which are everyone's, for the shorter way.
 */
function isOfKind(kind: Visibility): Expression<SqlBool> {
  return sql<SqlBool>`images.visibility || '' = ${kind}`;
}

function isKind(kind: Visibility): Expression<SqlBool> {
  return eb('images.visibility', '=', kind);
}

function isOwn(): Expression<SqlBool> {
  return eb('images.owner', '=', placeholder('projectId'));
}

function isNotOwn({ hasProject }: ListPlan): Expression<SqlBool> {
  return hasProject
    ? eb('images.owner', 'is distinct from', placeholder('projectId'))
    : eb.lit(true);
}
