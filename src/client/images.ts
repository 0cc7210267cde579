import type { Session } from './session.ts';

/** The base properties of an image; custom ones stand beside them as text. */
export interface ImageBody {
  readonly id: string;
  readonly name: string | null;
  readonly status: string;
  readonly visibility: 'public' | 'private' | 'shared' | 'community';
  readonly owner: string | null;
  readonly protected: boolean;
  readonly os_hidden: boolean;
  readonly tags: readonly string[];
  readonly disk_format: string | null;
  readonly container_format: string | null;
  /** GiB. */
  readonly min_disk: number;
  /** MiB. */
  readonly min_ram: number;
  /** Bytes. */
  readonly size: number | null;
  /** Bytes. */
  readonly virtual_size: number | null;
  /** MD5 in hex. */
  readonly checksum: string | null;
  readonly os_hash_algo: string | null;
  readonly os_hash_value: string | null;
  /** ISO 8601 in UTC, whole seconds. */
  readonly created_at: string;
  /** ISO 8601 in UTC, whole seconds. */
  readonly updated_at: string;
  readonly [custom: string]: unknown;
}

/** What an image starts with; the service fills in the rest. */
export type NewImage = Partial<
  Pick<
    ImageBody,
    | 'id'
    | 'name'
    | 'visibility'
    | 'protected'
    | 'os_hidden'
    | 'tags'
    | 'disk_format'
    | 'container_format'
    | 'min_disk'
    | 'min_ram'
  >
> &
  Readonly<Record<string, unknown>>;

interface ImagePageBody {
  readonly images: readonly ImageBody[];
  /** Path of the page behind this one. */
  readonly next?: string;
}

/** Makes an image without data. @throws ApiError @see Images API v2, "Create image" */
export async function createImage(session: Session, image: NewImage): Promise<ImageBody> {
  const request = { method: 'POST', path: '/v2/images', body: image } as const;
  return (await session.call('image', request)) as ImageBody;
}

/** @throws ApiError 404 when there is no such image for this project. @see Images API v2, "Show image" */
export async function getImage(session: Session, imageId: string): Promise<ImageBody> {
  return (await session.call('image', { path: imagePath(imageId) })) as ImageBody;
}

/**
 * The images that a listing includes, page after page as they are read.
 *
 * @throws ApiError
 * @see Images API v2, "List images"
 */
export async function* listImages(
  session: Session,
  query: Readonly<Record<string, string>> = {},
): AsyncGenerator<ImageBody> {
  const parameters = new URLSearchParams(query).toString();
  let path: string | undefined = parameters === '' ? '/v2/images' : `/v2/images?${parameters}`;
  while (path !== undefined) {
    const page = (await session.call('image', { path })) as ImagePageBody;
    yield* page.images;
    path = page.next;
  }
}

/** Deletes an image, its data and its members. @throws ApiError @see Images API v2, "Delete image" */
export async function deleteImage(session: Session, imageId: string): Promise<void> {
  await session.call('image', { method: 'DELETE', path: imagePath(imageId) });
}

/**
 * Brings back an image that was deleted, while its data is kept.
 *
 * @throws ApiError 403 for anyone but an admin, 404 when it is gone for good.
 */
export async function restoreImage(session: Session, imageId: string): Promise<ImageBody> {
  const path = `/vitrine/v1/images/${encodeURIComponent(imageId)}/restore`;
  return (await session.call('image', { method: 'POST', path })) as ImageBody;
}

/** The path of an image, whatever stands in its id. */
export function imagePath(imageId: string): string {
  return `/v2/images/${encodeURIComponent(imageId)}`;
}
