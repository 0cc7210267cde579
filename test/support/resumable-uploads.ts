import assert from 'node:assert/strict';
import { callService, type Reply } from './image-calls.ts';
import type { RunningService } from './running-service.ts';

/** What every request of tus 1.0 says. */
export const tus = { 'tus-resumable': '1.0.0' } as const;

/** What its data comes as. */
const part = { ...tus, 'content-type': 'application/offset+octet-stream' } as const;

/** What begins an upload to an image. @param size bytes in all */
export function creationHeaders(imageId: string, size: number): Readonly<Record<string, string>> {
  return {
    ...tus,
    'upload-length': String(size),
    'upload-metadata': `image_id ${Buffer.from(imageId).toString('base64')}`,
  };
}

/** Begins an upload of `size` bytes with the first of them. */
export function askForUpload(
  service: RunningService,
  imageId: string,
  { size, first }: { readonly size: number; readonly first: Uint8Array | string },
): Promise<Reply> {
  const headers = { ...part, ...creationHeaders(imageId, size) };
  return callService(service, {
    method: 'POST',
    path: '/vitrine/v1/uploads',
    headers,
    body: first,
  });
}

/** Begins an upload of `data` with its first bytes, and gives its path. */
export async function beginResumable(
  service: RunningService,
  imageId: string,
  { data, sent }: { readonly data: Uint8Array; readonly sent: number },
): Promise<string> {
  const first = data.subarray(0, sent);
  const begun = await askForUpload(service, imageId, { size: data.length, first });
  assert.equal(begun.status, 201, String(begun.body));
  return pathOf(begun);
}

/** Where an upload is that was begun. */
export function pathOf({ headers }: Pick<Reply, 'headers'>): string {
  return new URL(String(headers.location)).pathname;
}

/** Sends the bytes of `data` from some place on. */
export function goOnAt(
  service: RunningService,
  path: string,
  { data, from }: { readonly data: Uint8Array; readonly from: number },
): Promise<Reply> {
  const headers = { ...part, 'upload-offset': String(from) };
  return callService(service, { method: 'PATCH', path, headers, body: data.subarray(from) });
}
