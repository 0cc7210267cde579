import { type Caller, isAdmin } from '../domain/caller.ts';
import type { ImageQuery, SortOrder } from '../domain/image-query.ts';
import type { ListScope, Visibility } from '../domain/visibility.ts';
import { type FilterPlan, filterPlan, filterValues } from './image-filters.ts';
import { type After, sortValues } from './image-order.ts';

/** Everything that the SQL of a listing depends on, and nothing else: listings of one plan differ only in values. */
export interface ListPlan {
  readonly isAdmin: boolean;
  readonly hasProject: boolean;
  readonly scope: ListScope;
  readonly filters: readonly FilterPlan[];
  /** The place of the filter that images are found by; the others are asked of each image that was found. */
  readonly lookup: number | undefined;
  /** Whether so few images match the lookup that what is shared with the caller is sought among them. */
  readonly isRare: boolean;
  readonly order: readonly SortOrder[];
  readonly hasMarker: boolean;
  /** Part of the plan, since the database sorts twice as fast when it knows how few rows are kept. */
  readonly limit: number;
}

/** The values of a listing, by the names that its query asks for. */
export type ListValues = Readonly<Record<string, unknown>>;

/** Takes the plan of a listing from it. */
export function listPlan(caller: Caller, query: ImageQuery, after: After): ListPlan {
  const filters = query.filters.map(filterPlan);
  return {
    isAdmin: isAdmin(caller),
    hasProject: caller.projectId !== null,
    scope: query.scope,
    filters,
    lookup: lookupOf(filters),
    isRare: false,
    order: query.order,
    hasMarker: after !== undefined,
    limit: query.limit,
  };
}

/** The filters with an index, first the one that tends to leave the fewest images. */
const lookups = ['name', 'property', 'tag'] as const;

function lookupOf(filters: readonly FilterPlan[]): number | undefined {
  return lookups
    .map((kind) => filters.findIndex((filter) => filter.kind === kind))
    .find((place) => place >= 0);
}

/**
 * Takes the values of a listing from it.
 *
 * @param kept what the lookups of properties keep of a value, if not all of it
 */
export function listValues(
  caller: Caller,
  query: ImageQuery,
  after: After,
  kept?: (value: string) => string,
): ListValues {
  const values: Record<string, unknown> = {
    projectId: caller.projectId,
    osHidden: Number(query.osHidden),
    now: Date.now(),
  };
  if (after) {
    for (const [key, value] of Object.entries(sortValues(after))) values[`after ${key}`] = value;
  }
  for (const [index, filter] of query.filters.entries()) {
    for (const [place, value] of filterValues(filter, kept).entries()) {
      values[`filter ${index} ${place}`] = value;
    }
  }
  return values;
}

/** Whether the listing includes images that others have shared with the caller. */
export function includesShared(plan: ListPlan): boolean {
  return !plan.isAdmin && plan.hasProject && includesKind(plan.scope, 'shared');
}

/** Whether the listing includes others' images of that kind; community ones only when asked for. */
export function includesKind(scope: ListScope, kind: Visibility): boolean {
  if (scope.visibility === undefined) return kind !== 'community';
  return scope.visibility === 'all' || scope.visibility === kind;
}
