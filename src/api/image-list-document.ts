import type { Image } from '../domain/image.ts';
import { shownJson } from './image-document.ts';

/** A page of images and where it stands in the whole list. */
export interface ImagePage {
  readonly images: readonly (Image | string)[];
  /** The marker of the page after this one; undefined when this is the last. */
  readonly next: string | undefined;
}

/**
 * Writes a page as its JSON document; the links keep every parameter, repeated ones too.
 *
 * @see Images API v2, "List images"
 */
export function imageListJson(page: ImagePage, query: URLSearchParams): string {
  const images = page.images.map(shownJson).join(',');
  const first = JSON.stringify(listPath(query, undefined));
  const next =
    page.next === undefined ? '' : `,"next":${JSON.stringify(listPath(query, page.next))}`;
  return `{"images":[${images}],"first":${first}${next},"schema":"/v2/schemas/images"}`;
}

function listPath(query: URLSearchParams, marker: string | undefined): string {
  const rest = new URLSearchParams(query);
  rest.delete('marker');
  if (marker !== undefined) rest.set('marker', marker);
  return rest.size > 0 ? `/v2/images?${rest.toString()}` : '/v2/images';
}
