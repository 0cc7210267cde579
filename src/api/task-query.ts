import { DomainError } from '../domain/errors.ts';
import { type OrderedTaskType, taskStatuses } from '../domain/task.ts';
import {
  type TaskFilterColumn,
  type TaskQuery,
  taskFilterColumns,
  taskSortKeys,
} from '../domain/task-query.ts';
import { type PageSizes, parseLimit } from './image-query.ts';

const listing = new Set(['limit', 'marker', 'sort_key', 'sort_dir']);

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Reads the query string of `GET /v2/tasks`.
 *
 * @throws DomainError `InvalidRequest`, naming the parameter and what it takes.
 * @see Images API v2, "List tasks"
 */
export function parseTaskQuery(
  query: URLSearchParams,
  { sizes, types }: { readonly sizes: PageSizes; readonly types: readonly OrderedTaskType[] },
): TaskQuery {
  const parameters = new Map(query);
  const marker = parameters.get('marker');
  if (marker !== undefined && !uuid.test(marker))
    throw invalid('marker: the ID of a task is wanted.');
  return {
    filters: [...parameters]
      .filter(([name]) => !listing.has(name))
      .map(([name, value]) => parseFilter(name, value, types)),
    sort: parseSort(parameters),
    limit: parseLimit(parameters.get('limit'), sizes),
    marker,
  };
}

function parseFilter(
  name: string,
  value: string,
  types: readonly OrderedTaskType[],
): TaskQuery['filters'][number] {
  if (name === 'status') {
    if (!taskStatuses.some((status) => status === value)) {
      throw invalid(`status: must be one of ${taskStatuses.join(', ')}.`);
    }
    return { column: name, value };
  }
  if (name === 'type') {
    if (!types.some((type) => type === value)) {
      throw invalid(`type: must be ${types.join(' or ')}.`);
    }
    return { column: name, value };
  }
  const column = taskFilterColumns.find((known): known is TaskFilterColumn => known === name);
  if (column) return { column, value };
  throw invalid(
    `${name.slice(0, 80)}: tasks are found by ${taskFilterColumns.join(', ')}, status, type.`,
  );
}

function parseSort(parameters: ReadonlyMap<string, string>): TaskQuery['sort'] {
  const name = parameters.get('sort_key') ?? 'created_at';
  const key = taskSortKeys.find((known) => known === name);
  if (!key) throw invalid(`sort_key: must be one of ${taskSortKeys.join(', ')}.`);
  const direction = parameters.get('sort_dir') ?? 'desc';
  if (direction !== 'asc' && direction !== 'desc') throw invalid('sort_dir: must be asc or desc.');
  return { key, direction };
}

function invalid(message: string): DomainError {
  return new DomainError('InvalidRequest', message);
}
