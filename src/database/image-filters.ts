import { type Expression, expressionBuilder, type SqlBool, sql } from 'kysely';
import type { Comparison, ImageFilter, NumberColumn, TextColumn } from '../domain/image-query.ts';
import { imageOrder } from './image-order.ts';
import { placeholder } from './prepared.ts';
import type { Tables } from './tables.ts';

const eb = expressionBuilder<Tables, 'images'>();

type TimeColumn = Extract<ImageFilter, { kind: 'time' }>['column'];

/** What the SQL of a filter depends on, without the values that are compared. */
export type FilterPlan =
  | { readonly kind: 'text'; readonly column: TextColumn; readonly count: number }
  | { readonly kind: 'name'; readonly isEmpty: boolean }
  | { readonly kind: 'number'; readonly column: NumberColumn; readonly comparison: Comparison }
  | { readonly kind: 'time'; readonly column: TimeColumn; readonly comparison: Comparison }
  | { readonly kind: 'protected' | 'tag' | 'property' };

/** Takes the plan of a filter from it. */
export function filterPlan(filter: ImageFilter): FilterPlan {
  switch (filter.kind) {
    case 'text':
      return textPlan(filter.column, filter.values);
    case 'number':
      return { kind: 'number', column: filter.column, comparison: filter.comparison };
    case 'time':
      return { kind: 'time', column: filter.column, comparison: filter.comparison };
    case 'protected':
    case 'tag':
    case 'property':
      return { kind: filter.kind };
  }
}

function textPlan(column: TextColumn, values: readonly string[]): FilterPlan {
  const isName = column === 'name' && values.length === 1;
  return isName
    ? { kind: 'name', isEmpty: values[0] === '' }
    : { kind: 'text', column, count: values.length };
}

/** The values that a filter compares with, in the order in which its condition numbers them. */
export function filterValues(
  filter: ImageFilter,
  kept: (value: string) => string = (value) => value,
): readonly unknown[] {
  switch (filter.kind) {
    case 'text':
      return filter.values;
    case 'number':
      // No number equals none.
      return [Number.isNaN(filter.value) ? null : filter.value];
    case 'time':
      return secondOf(filter.value);
    case 'protected':
      return [Number(filter.value)];
    case 'tag':
      return [filter.value];
    case 'property':
      return [filter.name, kept(filter.value)];
  }
}

/** Says one filter of a listing in SQL; its values are named `<name> 0`, `<name> 1` and so on. */
export function filterCondition(filter: FilterPlan, name: string): Expression<SqlBool> {
  const value = (place: number) => placeholder(`${name} ${place}`);
  switch (filter.kind) {
    case 'text':
      return eb(
        `images.${filter.column}`,
        'in',
        Array.from({ length: filter.count }, (_, place) => value(place)),
      );
    case 'name':
      return nameCondition(filter.isEmpty, value(0));
    case 'number':
      return eb(`images.${filter.column}`, operators[filter.comparison], value(0));
    case 'time':
      return timeCondition(filter.column, filter.comparison, value(0), value(1));
    case 'protected':
      return eb('images.protected', '=', value(0));
    case 'tag':
      return eb.exists(
        eb
          .selectFrom('image_tags')
          .select('image_tags.tag')
          .whereRef('image_tags.image_id', '=', 'images.id')
          .where('image_tags.tag', '=', value(0)),
      );
    case 'property':
      return eb.exists(
        eb
          .selectFrom('image_properties')
          .select('image_properties.name')
          .whereRef('image_properties.image_id', '=', 'images.id')
          .where('image_properties.name', '=', value(0))
          .where('image_properties.value', '=', value(1)),
      );
  }
}

/** Says it by the column that indexes are over, where an image without a name has an empty one. */
function nameCondition(isEmpty: boolean, name: never): Expression<SqlBool> {
  const isNamed = sql<SqlBool>`${imageOrder.name} = ${name}`;
  return isEmpty ? eb.and([isNamed, eb('images.name', 'is not', null)]) : isNamed;
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
function secondOf(time: Date): readonly [start: number, end: number] {
  const start = Math.floor(time.getTime() / 1000) * 1000;
  return [start, start + 1000];
}

function timeCondition(
  name: TimeColumn,
  comparison: Comparison,
  start: never,
  end: never,
): Expression<SqlBool> {
  const column = `images.${name}` as const;
  const within = eb.and([eb(column, '>=', start), eb(column, '<', end)]);
  switch (comparison) {
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
