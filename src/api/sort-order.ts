import { DomainError } from '../domain/errors.ts';
import {
  type SortDirection,
  type SortKey,
  type SortOrder,
  sortKeys,
} from '../domain/image-query.ts';

/**
 * Reads in which order to list: `sort=name:asc,size`, or `sort_key` with `sort_dir`.
 * Creation time and id are added to it, so that the order is total.
 *
 * @throws DomainError `InvalidRequest`
 * @see Images API v2, "Sorting"
 */
export function parseOrder(query: URLSearchParams): readonly SortOrder[] {
  const sort = query.getAll('sort').at(-1);
  const keys = query.getAll('sort_key');
  const directions = query.getAll('sort_dir');
  if (sort !== undefined && keys.length + directions.length > 0) {
    throw invalid('sort: cannot be used together with sort_key and sort_dir.');
  }
  if (sort !== undefined) return withTieBreakers(parseSort(sort), 'desc');
  return parseKeys(
    keys,
    directions.map((text) => parseDirection('sort_dir', text)),
  );
}

function parseSort(sort: string): SortOrder[] {
  return sort.split(',').map((item) => {
    const [key = '', direction = 'desc', more] = item.trim().split(':');
    if (more !== undefined) throw invalid('sort: each item is a key, or key:direction.');
    return {
      key: parseKey('sort', key.trim()),
      direction: parseDirection('sort', direction.trim()),
    };
  });
}

function parseKeys(keys: readonly string[], directions: readonly SortDirection[]) {
  const named =
    keys.length > 0 ? keys.map((text) => parseKey('sort_key', text)) : (['created_at'] as const);
  const [only, second] = directions;
  if (second !== undefined && directions.length !== named.length) {
    throw invalid('sort_dir: give none, one, or as many as sort_key.');
  }
  const order = named.map((key, index): SortOrder => {
    return { key, direction: (second ? directions[index] : only) ?? 'desc' };
  });
  return withTieBreakers(order, second === undefined ? (only ?? 'desc') : 'desc');
}

/** A key that stands twice counts where it stands first. */
function withTieBreakers(order: readonly SortOrder[], direction: SortDirection): SortOrder[] {
  const total = [...order, { key: 'created_at', direction }, { key: 'id', direction }] as const;
  return total.filter(({ key }, index) => total.findIndex((other) => other.key === key) === index);
}

function parseKey(name: string, text: string): SortKey {
  const key = sortKeys.find((known) => known === text);
  if (!key) throw invalid(`${name}: must be one of ${sortKeys.join(', ')}.`);
  return key;
}

function parseDirection(name: string, text: string): SortDirection {
  if (text === 'asc' || text === 'desc') return text;
  throw invalid(`${name}: ${name === 'sort' ? 'a direction' : 'each'} must be asc or desc.`);
}

function invalid(message: string): DomainError {
  return new DomainError('InvalidRequest', message);
}
