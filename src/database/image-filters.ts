import { type Expression, expressionBuilder, type SqlBool } from 'kysely';
import type { Comparison, ImageFilter } from '../domain/image-query.ts';
import type { Tables } from './tables.ts';

const eb = expressionBuilder<Tables, 'images'>();

/** Says one filter of a listing in SQL. */
export function filterCondition(filter: ImageFilter): Expression<SqlBool> {
  switch (filter.kind) {
    case 'text':
      return textCondition(filter);
    case 'number':
      return eb(`images.${filter.column}`, operators[filter.comparison], filter.value);
    case 'time':
      return timeCondition(filter);
    case 'protected':
      return eb('images.protected', '=', Number(filter.value));
    case 'tag':
      return eb.exists(
        eb
          .selectFrom('image_tags')
          .select('image_tags.tag')
          .whereRef('image_tags.image_id', '=', 'images.id')
          .where('image_tags.tag', '=', filter.value),
      );
    case 'property':
      return eb.exists(
        eb
          .selectFrom('image_properties')
          .select('image_properties.name')
          .whereRef('image_properties.image_id', '=', 'images.id')
          .where('image_properties.name', '=', filter.name)
          .where('image_properties.value', '=', filter.value),
      );
  }
}

function textCondition(filter: Extract<ImageFilter, { kind: 'text' }>): Expression<SqlBool> {
  const [first, second] = filter.values;
  return first !== undefined && second === undefined
    ? eb(`images.${filter.column}`, '=', first as never)
    : eb(`images.${filter.column}`, 'in', filter.values as never);
}

const operators = {
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
  eq: '=',
  neq: '!=',
} as const satisfies Record<Comparison, string>;

/** The wire shows whole seconds, so an image is made at every instant of its second. */
function timeCondition(filter: Extract<ImageFilter, { kind: 'time' }>): Expression<SqlBool> {
  const start = Math.floor(filter.value.getTime() / 1000) * 1000;
  const end = start + 1000;
  const column = `images.${filter.column}` as const;
  const within = eb.and([eb(column, '>=', start), eb(column, '<', end)]);
  switch (filter.comparison) {
    case 'gt':
      return eb(column, '>=', end);
    case 'gte':
      return eb(column, '>=', start);
    case 'lt':
      return eb(column, '<', start);
    case 'lte':
      return eb(column, '<', end);
    case 'eq':
      return within;
    case 'neq':
      return eb.not(within);
  }
}
