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

/** One page of a listing. */
export interface ImagePage {
  readonly images: readonly ImageBody[];
  /** Path of the page behind this one. */
  readonly next?: string;
}

/** How to list: `marker`, `limit`, `sort` and what images must have. @see Images API v2, "List images" */
export type ImageListQuery = Readonly<Record<string, string>> | URLSearchParams;

/** One change of an image. @see Images API v2, "Update image"; RFC 6902 */
export type ImageChange =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/** Makes an image without data. @throws ApiError @see Images API v2, "Create image" */
export async function createImage(session: Session, image: NewImage): Promise<ImageBody> {
  const request = { method: 'POST', path: '/v2/images', body: image } as const;
  return (await session.call('image', request)) as ImageBody;
}

/** @throws ApiError 404 when there is no such image for this project. @see Images API v2, "Show image" */
export async function getImage(session: Session, imageId: string): Promise<ImageBody> {
  return (await session.call('image', { path: imagePath(imageId) })) as ImageBody;
}

/** Changes an image, all of it or nothing. @throws ApiError @see Images API v2, "Update image" */
export async function updateImage(
  session: Session,
  imageId: string,
  changes: readonly ImageChange[],
): Promise<ImageBody> {
  const answer = await session.call('image', {
    method: 'PATCH',
    path: imagePath(imageId),
    body: changes,
    contentType: 'application/openstack-images-v2.1-json-patch',
  });
  return answer as ImageBody;
}

/** Where a change finds the property of that name. @see RFC 6901 */
export function propertyPath(name: string): string {
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** One page of a listing. @throws ApiError @see Images API v2, "List images" */
export async function getImagePage(
  session: Session,
  query: ImageListQuery = {},
  signal?: AbortSignal,
): Promise<ImagePage> {
  return await readPage(session, pagePath(query), signal);
}

/** The pages of a listing, each read when it is asked for. @throws ApiError */
export async function* listImagePages(
  session: Session,
  query: ImageListQuery = {},
  signal?: AbortSignal,
): AsyncGenerator<ImagePage> {
  let path: string | undefined = pagePath(query);
  while (path !== undefined) {
    const page = await readPage(session, path, signal);
    yield page;
    path = page.next;
  }
}

/**
 * The images that a listing includes, page after page as they are read.
 *
 * @throws ApiError
 * @see Images API v2, "List images"
 */
export async function* listImages(
  session: Session,
  query: ImageListQuery = {},
): AsyncGenerator<ImageBody> {
  for await (const { images } of listImagePages(session, query)) yield* images;
}

/** How many ids one listing may ask for. */
const idsAtOnce = 100;

/** What these images are called, as far as listings of the session's project include them. @throws ApiError */
export async function getImageNames(
  session: Session,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  const unique = [...new Set(ids)];
  for (let begin = 0; begin < unique.length; begin += idsAtOnce) {
    const some = unique.slice(begin, begin + idsAtOnce).map((id) => JSON.stringify(id));
    const query = { id: `in:${some.join()}`, limit: String(idsAtOnce) };
    for await (const { id, name } of listImages(session, query)) {
      if (name !== null) names.set(id, name);
    }
  }
  return names;
}

function pagePath(query: ImageListQuery): string {
  const parameters = new URLSearchParams(query).toString();
  return parameters === '' ? '/v2/images' : `/v2/images?${parameters}`;
}

async function readPage(
  session: Session,
  path: string,
  signal: AbortSignal | undefined,
): Promise<ImagePage> {
  return (await session.call('image', { path, ...(signal && { signal }) })) as ImagePage;
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
