import { type CompiledQuery, sql } from 'kysely';
import type { Caller } from '../domain/caller.ts';
import type { Image } from '../domain/image.ts';
import type { ImageQuery } from '../domain/image-query.ts';
import type { Connection } from './database.ts';
import { keptValue } from './dialect.ts';
import { type After, orderByKeys } from './image-order.ts';
import { listRanges, moreMatches } from './image-ranges.ts';
import { imageFromRow } from './image-rows.ts';
import {
  includesShared,
  type ListPlan,
  type ListValues,
  listPlan,
  listValues,
} from './list-plan.ts';
import { runPrepared } from './prepared.ts';

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
  const values = listValues(caller, query, after, (value) => keptValue(db, value));
  const plan = await chosenPlan(db, listPlan(caller, query, after), values);
  const page = compiled(db, 'page', plan, () => pageQuery(db, plan).compile());
  const { rows } = await runPrepared(db, page, values);
  return rows.map(imageFromRow);
}

/** So many images may be asked whether they are shared with the caller, rather than its members what they match. */
const fewMatches = 100;

/** The plan with the shorter way to what is shared with the caller, which only the images tell. */
export async function chosenPlan(
  db: Connection,
  plan: ListPlan,
  values: ListValues,
): Promise<ListPlan> {
  if (plan.lookup === undefined || !includesShared(plan)) return plan;
  const more = compiled(db, 'matches', plan, () => moreMatches(db, plan, fewMatches).compile());
  const { rows } = await runPrepared(db, more, values);
  return { ...plan, isRare: rows.length === 0 };
}

const queries = new WeakMap<object, Map<string, CompiledQuery<unknown>>>();

/** Bounds what callers can make the service keep by combining filters. */
const maxQueries = 400;

/** The query of that plan, built once: building costs more than running. */
function compiled<Row>(
  db: Connection,
  purpose: 'page' | 'matches',
  plan: ListPlan,
  build: () => CompiledQuery<Row>,
): CompiledQuery<Row> {
  const dialect = db.getExecutor().adapter;
  const known = queries.get(dialect) ?? new Map<string, CompiledQuery<unknown>>();
  queries.set(dialect, known);
  const key = `${purpose} ${JSON.stringify(plan)}`;
  const query = known.get(key) ?? build();
  if (known.size >= maxQueries) known.clear();
  known.set(key, query);
  return query as CompiledQuery<Row>;
}

/** The query behind `listImages`, with placeholders for the names of `listValues`. */
export function pageQuery(db: Connection, plan: ListPlan) {
  const union = listRanges(db, plan).reduce((page, range) => page.unionAll(range));
  // Ids and sort keys are merged; the rest of the row is read for the page alone.
  const page = orderByKeys(db.selectFrom(union.as('ranges')).selectAll(), plan.order);
  const rows = db
    .selectFrom(page.limit(sql.lit(plan.limit)).as('page'))
    .innerJoin('images', 'images.id', 'page.id')
    .selectAll('images');
  return orderByKeys(rows, plan.order);
}
