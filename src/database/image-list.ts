import { type Compilable, type CompiledQuery, type Selectable, sql } from 'kysely';
import type { Caller } from '../domain/caller.ts';
import type { Image } from '../domain/image.ts';
import type { ImageQuery } from '../domain/image-query.ts';
import type { Connection } from './database.ts';
import { keptValue } from './dialect.ts';
import { type After, orderByKeys } from './image-order.ts';
import { listRanges, moreMatches } from './image-ranges.ts';
import { imageFromRow } from './image-rows.ts';
import type { ImageDocumentRow } from './image-tables.ts';
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
  const rows = await listRows({ db, purpose: 'images', build: pageQuery }, caller, query, after);
  return rows.map(imageFromRow);
}

/** The document of an image, by its id. */
export type ListedDocument = Pick<Selectable<ImageDocumentRow>, 'image_id' | 'document'>;

/** The page of `listImages` as the documents that go out. */
export function listDocuments(
  db: Connection,
  caller: Caller,
  query: ImageQuery,
  after: After,
): Promise<readonly ListedDocument[]> {
  return listRows({ db, purpose: 'documents', build: documentsQuery }, caller, query, after);
}

interface Listing<Row> {
  readonly db: Connection;
  readonly purpose: 'images' | 'documents';
  readonly build: (db: Connection, plan: ListPlan) => Compilable<Row>;
}

async function listRows<Row>(
  { db, purpose, build }: Listing<Row>,
  caller: Caller,
  query: ImageQuery,
  after: After,
): Promise<readonly Row[]> {
  if (query.limit === 0) return [];
  const values = listValues(caller, query, after, (value) => keptValue(db, value));
  const plan = await chosenPlan(db, listPlan(caller, query, after), values);
  const page = compiled(db, purpose, plan, () => build(db, plan).compile());
  const { rows } = await runPrepared(db, page, values);
  return rows;
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
  purpose: Listing<Row>['purpose'] | 'matches',
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
  const rows = db
    .selectFrom(keysOfPage(db, plan).as('page'))
    .innerJoin('images', 'images.id', 'page.id')
    .selectAll('images');
  return orderByKeys(rows, plan.order);
}

/** The query behind `listDocuments`, likewise. */
export function documentsQuery(db: Connection, plan: ListPlan) {
  const rows = db
    .selectFrom(keysOfPage(db, plan).as('page'))
    .innerJoin('image_documents', 'image_documents.image_id', 'page.id')
    .select(['image_documents.image_id', 'image_documents.document']);
  return orderByKeys(rows, plan.order);
}

/** Ids and sort keys are merged; the rest is read for the page alone. */
function keysOfPage(db: Connection, plan: ListPlan) {
  const union = listRanges(db, plan).reduce((page, range) => page.unionAll(range));
  const page = orderByKeys(db.selectFrom(union.as('ranges')).selectAll(), plan.order);
  return page.limit(sql.lit(plan.limit));
}
