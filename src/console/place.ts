import { filtersIn, filtersText, type ImageFilters, noFilters } from './image-filters.ts';

/** Where offers lie. */
export const offerStatuses = ['pending', 'set_aside', 'accepted', 'rejected'] as const;

export type OfferStatus = (typeof offerStatuses)[number];

/** Requests that wait for an answer of the project, those that it made, and what can be asked for. */
export const requestSides = ['received', 'made', 'catalogue'] as const;

export type RequestSide = (typeof requestSides)[number];

/** Whose families. */
export const familySides = ['own', 'shared'] as const;

export type FamilySide = (typeof familySides)[number];

/** What the address of the page stands for. */
export type Place =
  | { readonly page: 'images'; readonly filters: ImageFilters }
  | { readonly page: 'image'; readonly id: string }
  | { readonly page: 'inbox'; readonly status: OfferStatus }
  | { readonly page: 'requests'; readonly side: RequestSide }
  | { readonly page: 'families'; readonly side: FamilySide }
  | { readonly page: 'family'; readonly owner: string; readonly name: string }
  | { readonly page: 'settings' }
  | { readonly page: 'missing' };

/** Reads an address. @param path below the console's own, without a slash at its beginning */
export function placeOf(path: string, search: string): Place {
  const [page = '', id, name, ...rest] = path.replace(/\/$/, '').split('/');
  const query = new URLSearchParams(search);
  if (page === 'families' && id !== undefined && name !== undefined && rest.length === 0) {
    return { page: 'family', owner: decoded(id), name: decoded(name) };
  }
  if (name !== undefined) return { page: 'missing' };
  if (id === undefined) return listPlace(page, query);
  return page === 'images' ? { page: 'image', id: decoded(id) } : { page: 'missing' };
}

function listPlace(page: string, query: URLSearchParams): Place {
  switch (page) {
    case '':
    case 'images':
      return { page: 'images', filters: filtersIn(query) };
    case 'inbox':
      return { page, status: oneOf(offerStatuses, query.get('status')) };
    case 'families':
      return { page, side: oneOf(familySides, query.get('side')) };
    case 'requests':
      return { page, side: oneOf(requestSides, query.get('side')) };
    case 'settings':
      return { page };
    default:
      return { page: 'missing' };
  }
}

/** What is not known is taken for the first. */
function oneOf<Word>(words: readonly [Word, ...Word[]], word: string | null): Word {
  return words.find((one) => one === word) ?? words[0];
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
    case 'requests':
      return withQuery('requests', place.side === 'received' ? '' : `side=${place.side}`);
    case 'families':
      return withQuery('families', place.side === 'own' ? '' : `side=${place.side}`);
    case 'family':
      return ['families', ...[place.owner, place.name].map(encodeURIComponent)].join('/');
    case 'settings':
    case 'missing':
      return place.page;
  }
}

function withQuery(path: string, query: string): string {
  return query === '' ? path : `${path}?${query}`;
}

export const imagesPlace: Place = { page: 'images', filters: noFilters };
export const inboxPlace: Place = { page: 'inbox', status: 'pending' };
export const familiesPlace: Place = { page: 'families', side: 'own' };
export const settingsPlace: Place = { page: 'settings' };
export const requestsPlace: Place = { page: 'requests', side: 'received' };
