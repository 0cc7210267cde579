import { type Expression, expressionBuilder, type SqlBool, sql } from 'kysely';
import type { Visibility } from '../domain/visibility.ts';
import { type FilterPlan, filterCondition } from './image-filters.ts';
import { copiedOrder, imageOrder, type OrderColumns } from './image-order.ts';
import type { ListPlan } from './list-plan.ts';
import { placeholder } from './prepared.ts';

/** The table whose indexes a range is found by: the images, or rows that carry copies of what decides about them. */
export interface ImageSource {
  readonly table: 'images' | 'image_tags' | 'image_properties';
  /** By what its ranges are sorted. */
  readonly columns: OrderColumns;
  /** Holds for rows that the listing's lookup matches, hidden or not as asked; an index starts with it. */
  readonly matches: Expression<SqlBool>;
  /** The filters that are asked of the images. */
  readonly filters: readonly Expression<SqlBool>[];
}

const eb = expressionBuilder<object, never>();

/** Where the images of a listing are found. */
export function imageSource(plan: ListPlan): ImageSource {
  const named = (place: number) => `filter ${place}`;
  const lookup = plan.lookup === undefined ? undefined : plan.filters[plan.lookup];
  const rest = [...plan.filters.entries()].filter(([place]) => place !== plan.lookup);
  const filters = rest.map(([place, filter]) => filterCondition(filter, named(place)));
  const table = tableOf(lookup);
  const conditions = lookup ? [lookupCondition(lookup, named(plan.lookup ?? 0))] : [];
  return {
    table,
    columns: table === 'images' ? imageOrder : copiedOrder(table),
    matches: eb.and([
      sql<SqlBool>`${column(table, 'os_hidden')} = ${placeholder('osHidden')}`,
      ...conditions,
    ]),
    filters,
  };
}

function tableOf(lookup: FilterPlan | undefined): ImageSource['table'] {
  if (lookup?.kind === 'tag') return 'image_tags';
  return lookup?.kind === 'property' ? 'image_properties' : 'images';
}

function lookupCondition(lookup: FilterPlan, name: string): Expression<SqlBool> {
  const [first, second] = [placeholder(`${name} 0`), placeholder(`${name} 1`)];
  if (lookup.kind === 'tag') return sql<SqlBool>`image_tags.tag = ${first}`;
  if (lookup.kind !== 'property') return filterCondition(lookup, name);
  return sql<SqlBool>`image_properties.name = ${first} and image_properties.value = ${second}`;
}

function column(table: ImageSource['table'], name: 'owner' | 'os_hidden' | 'visibility') {
  return sql.ref(`${table}.${name}`);
}

/** Holds for images of that kind; leads to an index. */
export function isKind({ table }: ImageSource, kind: Visibility): Expression<SqlBool> {
  return sql<SqlBool>`${column(table, 'visibility')} = ${kind}`;
}

/**
 * Says the same as `isKind` to a range that is found in another way: an expression is in no index,
 * so the planner cannot take the images of that kind, which are everyone's, for the shorter way.
 */
export function isOfKind({ table }: Pick<ImageSource, 'table'>, kind: Visibility) {
  return sql<SqlBool>`${column(table, 'visibility')} || '' = ${kind}`;
}

/** Holds for images of the caller's project. */
export function isOwn({ table }: ImageSource): Expression<SqlBool> {
  return sql<SqlBool>`${column(table, 'owner')} = ${placeholder('projectId')}`;
}

/** Holds for images of others, and of nobody. */
export function isNotOwn({ table }: ImageSource, plan: ListPlan): Expression<SqlBool> {
  return plan.hasProject
    ? sql<SqlBool>`${column(table, 'owner')} is distinct from ${placeholder('projectId')}`
    : eb.lit(true);
}
