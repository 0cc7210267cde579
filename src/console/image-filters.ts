import type { ImageBody } from '../client/images.ts';

/** Whose images are listed; `usual` is what a plain listing has. */
export const origins = ['usual', 'mine', 'shared', 'public', 'community'] as const;

export type Origin = (typeof origins)[number];

export const statuses = ['active', 'queued', 'saving', 'importing', 'deactivated'] as const;

export const sortOrders = ['created_at:desc', 'created_at:asc', 'name:asc', 'size:desc'] as const;

/** What the list of images is to have; '' for anything. */
export interface ImageFilters {
  /** Part of a name, or the beginning of an id. */
  readonly search: string;
  readonly origin: Origin;
  readonly status: string;
  readonly format: string;
  readonly tag: string;
  readonly sort: string;
}

export const noFilters: ImageFilters = {
  search: '',
  origin: 'usual',
  status: '',
  format: '',
  tag: '',
  sort: sortOrders[0],
};

/** Rows a page; a search by part of a name has to look through whole lists. */
const pageSize = 200;
const searchPageSize = 1000;

/** Reads the filters from the address of the page; what it does not know is as if not said. */
export function filtersIn(query: URLSearchParams): ImageFilters {
  const text = (name: string) => query.get(name)?.slice(0, 255) ?? '';
  const oneOf = <T extends string>(words: readonly T[], name: string) =>
    words.find((word) => word === query.get(name));
  return {
    search: text('search'),
    origin: oneOf(origins, 'origin') ?? noFilters.origin,
    status: oneOf(statuses, 'status') ?? '',
    format: text('format'),
    tag: text('tag'),
    sort: oneOf(sortOrders, 'sort') ?? noFilters.sort,
  };
}

/** Writes the filters into the address of the page. */
export function filtersText(filters: ImageFilters): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) {
    if (value !== noFilters[name as keyof ImageFilters]) query.set(name, value);
  }
  return query.toString();
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** What the service is asked for; what it cannot be asked for is left to `isWanted`. */
export function listQuery(filters: ImageFilters, projectId: string): URLSearchParams {
  const search = filters.search.trim();
  const query = new URLSearchParams({ sort: filters.sort });
  query.set('limit', String(search === '' ? pageSize : searchPageSize));
  if (uuid.test(search)) query.set('id', search.toLowerCase());
  if (filters.origin === 'mine') query.set('owner', projectId);
  else if (filters.origin !== 'usual') query.set('visibility', filters.origin);
  if (filters.status !== '') query.set('status', filters.status);
  if (filters.format !== '') query.set('disk_format', filters.format);
  if (filters.tag !== '') query.set('tag', filters.tag);
  return query;
}

/** Whether an image that the service listed is to be shown. */
export function isWanted(
  image: Pick<ImageBody, 'id' | 'name' | 'owner'>,
  filters: ImageFilters,
  projectId: string,
): boolean {
  // The API lists what a project shares with what is shared with it.
  if (filters.origin === 'shared' && image.owner === projectId) return false;
  const search = filters.search.trim().toLowerCase();
  if (search === '') return true;
  return (image.name ?? '').toLowerCase().includes(search) || image.id.startsWith(search);
}
