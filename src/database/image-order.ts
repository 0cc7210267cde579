import {
  type Expression,
  type RawBuilder,
  type SelectQueryBuilder,
  type SqlBool,
  sql,
} from 'kysely';
import type { Image } from '../domain/image.ts';
import type { SortKey, SortOrder } from '../domain/image-query.ts';

/** By what expression a range is sorted for each key; nothing sorts as empty text or zero. */
type OrderColumns = Readonly<Record<SortKey, RawBuilder<string | number>>>;

/** The order of ranges over `images`. */
export const imageOrder: OrderColumns = {
  name: sql`coalesce(images.name, '')`,
  status: sql`images.status`,
  container_format: sql`coalesce(images.container_format, '')`,
  disk_format: sql`coalesce(images.disk_format, '')`,
  size: sql`coalesce(images.size, 0)`,
  id: sql`images.id`,
  created_at: sql`images.created_at`,
  updated_at: sql`images.updated_at`,
};

/** The order of ranges that start from member rows, which carry the image's time and id themselves. */
export const sharedOrder: OrderColumns = {
  ...imageOrder,
  id: sql`image_members.image_id`,
  created_at: sql`image_members.image_created_at`,
};

/** Sorts a query by each key in turn. */
export function orderBy<DB, Table extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, Table, Row>,
  order: readonly SortOrder[],
  columns: OrderColumns,
): SelectQueryBuilder<DB, Table, Row> {
  return order.reduce(
    (sorted, { key, direction }) => sorted.orderBy(columns[key], direction),
    query,
  );
}

/** Holds for images that come after `marker` in `order`. */
export function afterMarker(
  order: readonly SortOrder[],
  marker: Image,
  columns: OrderColumns,
): Expression<SqlBool> {
  const terms = order.map(({ key, direction }) => ({
    column: columns[key],
    value: sortValue(marker, key),
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
    return sql`(${sql.join([...equal, sql`${term.column} ${term.operator} ${term.value}`], sql` and `)})`;
  });
  return sql<SqlBool>`(${sql.join(alternatives, sql` or `)})`;
}

function sortValue(image: Image, key: SortKey): string | number {
  switch (key) {
    case 'name':
      return image.name ?? '';
    case 'status':
      return image.status;
    case 'container_format':
      return image.containerFormat ?? '';
    case 'disk_format':
      return image.diskFormat ?? '';
    case 'size':
      return image.size ?? 0;
    case 'id':
      return image.id;
    case 'created_at':
      return image.createdAt.getTime();
    case 'updated_at':
      return image.updatedAt.getTime();
  }
}
