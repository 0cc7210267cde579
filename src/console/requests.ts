import {
  getCataloguePage,
  getRequestPage,
  type ListedBody,
  type RequestBody,
} from '../client/access.ts';
import { getImageNames } from '../client/images.ts';
import type { Session } from '../client/session.ts';
import type { Page } from './page-list.ts';

/** A request for access, with what its image is called where the project knows. */
export interface RequestRow extends RequestBody {
  /** Undefined for an image that no list of the project has. */
  readonly imageName: string | undefined;
}

/** Rows a page. */
const limit = 200;

/** One page of requests, with the names of their images. @throws ApiError */
export async function loadRequests(
  session: Session,
  side: 'made' | 'received',
  marker: string | undefined,
): Promise<Page<RequestRow>> {
  const { requests, next } = await getRequestPage(session, side, { limit, marker });
  const names = await getImageNames(
    session,
    requests.map(({ image_id: id }) => id).filter(isImageId),
  );
  const rows = requests.map((request) => ({ ...request, imageName: names.get(request.image_id) }));
  return { rows, next };
}

/** One page of what can be asked for. @throws ApiError */
export async function loadCatalogue(
  session: Session,
  marker: string | undefined,
): Promise<Page<ListedBody>> {
  const { images, next } = await getCataloguePage(session, { limit, marker });
  return { rows: images, next };
}

/** Whether it is an id of an image: anything can be asked for, and lists take nothing else. */
export function isImageId(text: string): boolean {
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text.trim());
}
