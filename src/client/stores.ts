import { getImage, type ImageBody, imagePath } from './images.ts';
import type { Session } from './session.ts';

/** A store as the service tells of it. */
export interface StoreBody {
  readonly id: string;
  readonly description?: string;
  /** Only the default store has it. */
  readonly default?: 'true';
  readonly type: string;
  readonly weight: number;
}

/** The stores of the service. @throws ApiError 403 for anyone but an admin, 404 where there is but one. */
export async function listStores(session: Session): Promise<readonly StoreBody[]> {
  const answer = await session.call('image', { path: '/v2/info/stores/detail' });
  return (answer as { readonly stores: readonly StoreBody[] }).stores;
}

/** In which stores an image has copies. */
export function storesOf(image: ImageBody): readonly string[] {
  const { stores } = image;
  return typeof stores === 'string' ? stores.split(',') : [];
}

/** Why a copy did not come to be. */
export class CopyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CopyError';
  }
}

export interface CopyOptions {
  /** Told what the service says of its progress. */
  readonly onProgress?: (message: string) => void;
  /** Between two looks, ms. */
  readonly interval?: number;
}

/**
 * Gives an image a copy in a store, and waits for it.
 *
 * @throws ApiError; CopyError with the service's reason
 * @see Images API v2, "Import an image", copy-image
 */
export async function copyToStore(
  session: Session,
  imageId: string,
  store: string,
  { onProgress, interval = 500 }: CopyOptions = {},
): Promise<void> {
  const body = { method: { name: 'copy-image' }, stores: [store] };
  const path = `${imagePath(imageId)}/import`;
  await session.call('image', { method: 'POST', path, body });
  for (;;) {
    const image = await getImage(session, imageId);
    if (image['os_glance_import_task'] === undefined) {
      if (storesOf(image).includes(store)) return;
      throw new CopyError((await lastMessage(session, imageId)) || 'The copy was undone.');
    }
    onProgress?.(await lastMessage(session, imageId));
    await new Promise((resolve) => {
      setTimeout(resolve, interval);
    });
  }
}

async function lastMessage(session: Session, imageId: string): Promise<string> {
  const answer = await session.call('image', { path: `${imagePath(imageId)}/tasks` });
  const { tasks } = answer as { readonly tasks: readonly { readonly message: string }[] };
  return tasks.at(-1)?.message ?? '';
}

/** Takes an image's copy out of a store. @throws ApiError 403 for its only copy. */
export async function removeFromStore(
  session: Session,
  imageId: string,
  store: string,
): Promise<void> {
  const path = `/v2/stores/${encodeURIComponent(store)}/${encodeURIComponent(imageId)}`;
  await session.call('image', { method: 'DELETE', path });
}
