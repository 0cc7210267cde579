import { imagePath } from './images.ts';
import type { Session } from './session.ts';

export interface UploadOptions {
  /** Called with the bytes sent so far. */
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Uploads the data of a queued image; resolves when the service has it on disk.
 *
 * @throws ApiError 409 when the image has data already
 * @see Images API v2, "Upload binary image data"
 */
export async function uploadImageData(
  session: Session,
  imageId: string,
  data: Blob,
  { onProgress, signal }: UploadOptions = {},
): Promise<void> {
  await session.call('image', {
    method: 'PUT',
    path: `${imagePath(imageId)}/file`,
    data: { bytes: data, onProgress },
    ...(signal && { signal }),
  });
}

/**
 * The data of an image as a stream, or nothing when it has none.
 *
 * @throws ApiError
 * @see Images API v2, "Download binary image data"
 */
export async function downloadImageData(
  session: Session,
  imageId: string,
  signal?: AbortSignal,
): Promise<ReadableStream<Uint8Array> | undefined> {
  const response = await session.send('image', {
    path: `${imagePath(imageId)}/file`,
    ...(signal && { signal }),
  });
  return response.status === 204 ? undefined : (response.body ?? undefined);
}
