import { filtersIn, filtersText, type ImageFilters, noFilters } from './image-filters.ts';

/** Where offers lie. */
export const offerStatuses = ['pending', 'set_aside', 'accepted', 'rejected'] as const;

export type OfferStatus = (typeof offerStatuses)[number];

/** What the address of the page stands for. */
export type Place =
  | { readonly page: 'images'; readonly filters: ImageFilters }
  | { readonly page: 'image'; readonly id: string }
  | { readonly page: 'inbox'; readonly status: OfferStatus }
  | { readonly page: 'missing' };

/** Reads an address. @param path below the console's own, without a slash at its beginning */
export function placeOf(path: string, search: string): Place {
  const [page = '', id, ...rest] = path.replace(/\/$/, '').split('/');
  const query = new URLSearchParams(search);
  if (rest.length > 0) return { page: 'missing' };
  if (id === undefined) {
    if (page === '' || page === 'images') return { page: 'images', filters: filtersIn(query) };
    if (page === 'inbox') return { page, status: statusIn(query) };
  } else if (page === 'images') return { page: 'image', id: decoded(id) };
  return { page: 'missing' };
}

function statusIn(query: URLSearchParams): OfferStatus {
  return offerStatuses.find((status) => status === query.get('status')) ?? 'pending';
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The address of a place, below the console's own. */
export function addressOf(place: Place): string {
  switch (place.page) {
    case 'images':
      return withQuery('images', filtersText(place.filters));
    case 'image':
      return `images/${encodeURIComponent(place.id)}`;
    case 'inbox':
      return withQuery('inbox', place.status === 'pending' ? '' : `status=${place.status}`);
    case 'missing':
      return 'missing';
  }
}

function withQuery(path: string, query: string): string {
  return query === '' ? path : `${path}?${query}`;
}

export const imagesPlace: Place = { page: 'images', filters: noFilters };
export const inboxPlace: Place = { page: 'inbox', status: 'pending' };
