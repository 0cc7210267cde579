import { type Caller, isAdmin } from '../domain/caller.ts';
import type { ImageQuery, SortOrder } from '../domain/image-query.ts';
import type { ListScope } from '../domain/visibility.ts';
import { type FilterPlan, filterPlan, filterValues } from './image-filters.ts';
import { type After, sortValues } from './image-order.ts';

/** Everything that the SQL of a listing depends on, and nothing else: listings of one plan differ only in values. */
export interface ListPlan {
  readonly isAdmin: boolean;
  readonly hasProject: boolean;
  readonly scope: ListScope;
  readonly filters: readonly FilterPlan[];
  readonly order: readonly SortOrder[];
  readonly hasMarker: boolean;
  /** Part of the plan, since the database sorts twice as fast when it knows how few rows are kept. */
  readonly limit: number;
}

/** The values of a listing, by the names that its query asks for. */
export type ListValues = Readonly<Record<string, unknown>>;

/** Takes the plan of a listing from it. */
export function listPlan(caller: Caller, query: ImageQuery, after: After): ListPlan {
  return {
    isAdmin: isAdmin(caller),
    hasProject: caller.projectId !== null,
    scope: query.scope,
    filters: query.filters.map(filterPlan),
    order: query.order,
    hasMarker: after !== undefined,
    limit: query.limit,
  };
}

/** Takes the values of a listing from it. */
export function listValues(caller: Caller, query: ImageQuery, after: After): ListValues {
  const values: Record<string, unknown> = {
    projectId: caller.projectId,
    osHidden: Number(query.osHidden),
  };
  if (after) {
    for (const [key, value] of Object.entries(sortValues(after))) values[`after ${key}`] = value;
  }
  for (const [index, filter] of query.filters.entries()) {
    for (const [place, value] of filterValues(filter).entries()) {
      values[`filter ${index} ${place}`] = value;
    }
  }
  return values;
}
