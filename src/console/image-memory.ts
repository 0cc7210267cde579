import type { ImageBody } from '../client/images.ts';
import type { Session } from '../client/session.ts';
import type { PageList } from './page-list.ts';

/** What a row of the list shows: the rest of an image is let go, since there may be very many. */
export type ImageRow = Pick<
  ImageBody,
  | 'id'
  | 'name'
  | 'status'
  | 'visibility'
  | 'owner'
  | 'size'
  | 'disk_format'
  | 'created_at'
  | 'protected'
>;

/** A list of images that is being looked at, and how far it was scrolled. */
export interface ImageMemory {
  /** Tells what is listed. */
  readonly key: string;
  readonly list: PageList<ImageRow>;
  readonly scroll: { top: number };
}

/** The list last shown, so that who comes back from an image finds it as it was. */
const memories = new WeakMap<Session, ImageMemory>();

/** The list that was shown before, when it is of the same images; else a new one. */
export function rememberedImages(
  session: Session,
  key: string,
  make: () => PageList<ImageRow>,
): ImageMemory {
  const known = memories.get(session);
  if (known?.key === key) return known;
  const memory = { key, list: make(), scroll: { top: 0 } };
  memories.set(session, memory);
  return memory;
}

/** The next list is read anew, since an image has come or gone. */
export function forgetImages(session: Session): void {
  memories.delete(session);
}
