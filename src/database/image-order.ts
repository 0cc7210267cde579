import {
  type AliasedRawBuilder,
  type Expression,
  type RawBuilder,
  type SelectQueryBuilder,
  type SqlBool,
  sql,
} from 'kysely';
import type { Image } from '../domain/image.ts';
import type { SortKey, SortOrder } from '../domain/image-query.ts';
import { placeholder } from './prepared.ts';

/** By what expression a range is sorted for each key; nothing sorts as empty text or zero. */
export type OrderColumns = Readonly<Record<SortKey, RawBuilder<string | number>>>;

/** The marker's image, behind which a page starts; undefined for the first page. */
export type After = Image | undefined;

/** The order of ranges over `images`. */
export const imageOrder: OrderColumns = {
  name: sql`images.sort_name`,
  status: sql`images.status`,
  container_format: sql`coalesce(images.container_format, '')`,
  disk_format: sql`coalesce(images.disk_format, '')`,
  size: sql`coalesce(images.size, 0)`,
  id: sql`images.id`,
  created_at: sql`images.created_at`,
  updated_at: sql`images.updated_at`,
};

/** The order of ranges over rows that carry their image's time and id themselves. */
export function copiedOrder(table: 'image_members' | 'image_tags' | 'image_properties') {
  return {
    ...imageOrder,
    id: sql<string>`${sql.ref(`${table}.image_id`)}`,
    created_at: sql<number>`${sql.ref(`${table}.image_created_at`)}`,
  } satisfies OrderColumns;
}

/** The image's id, and its sort keys in turn as `k0`, `k1` and so on, by which ranges are merged. */
export function selectKeys(order: readonly SortOrder[], columns: OrderColumns) {
  const keys = order.map(({ key }, index) => columns[key].as(`k${index}`));
  return [columns.id.as('id') as AliasedRawBuilder<string, 'id'>, ...keys];
}

/** Sorts a query by the keys that `selectKeys` names. */
export function orderByKeys<DB, Table extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, Table, Row>,
  order: readonly SortOrder[],
): SelectQueryBuilder<DB, Table, Row> {
  return order.reduce(
    (sorted, { direction }, index) => sorted.orderBy(sql.ref(`k${index}`), direction),
    query,
  );
}

/** Holds for images that come after the marker in `order`; its values are named `after <key>`. */
export function afterMarker(
  order: readonly SortOrder[],
  columns: OrderColumns,
): Expression<SqlBool> {
  const terms = order.map(({ key, direction }) => ({
    column: columns[key],
    value: placeholder(`after ${key}`),
    operator: direction === 'asc' ? sql`>` : sql`<`,
  }));
  const [first] = terms;
  // A comparison of whole rows is one index range, which the general form is not.
  if (first && order.every(({ direction }) => direction === order[0]?.direction)) {
    const row = sql.join(terms.map((term) => term.column));
    const values = sql.join(terms.map((term) => sql`${term.value}`));
    return sql<SqlBool>`(${row}) ${first.operator} (${values})`;
  }
  const alternatives = terms.map((term, index) => {
    const equal = terms.slice(0, index).map(({ column, value }) => sql`${column} = ${value}`);
    const last = sql`${term.column} ${term.operator} ${term.value}`;
    return sql`(${sql.join([...equal, last], sql` and `)})`;
  });
  return sql<SqlBool>`(${sql.join(alternatives, sql` or `)})`;
}

/** The values of a marker's image by which the next page is found. */
export function sortValues(image: Image): Readonly<Record<SortKey, string | number>> {
  return {
    name: image.name ?? '',
    status: image.status,
    container_format: image.containerFormat ?? '',
    disk_format: image.diskFormat ?? '',
    size: image.size ?? 0,
    id: image.id,
    created_at: image.createdAt.getTime(),
    updated_at: image.updatedAt.getTime(),
  };
}
