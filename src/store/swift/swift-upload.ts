import { ObjectServerFailure } from '../object/failure.ts';
import type { ObjectBytes, ObjectUpload, PartedUpload } from '../object/object-server.ts';
import { listNames } from './listing.ts';
import { outcomeOf } from './outcome.ts';
import { type SwiftClient, statusFailure } from './swift-client.ts';
import { markerOf } from './unfinished.ts';

/** Where an object says by which upload it was made. */
export const uploadField = 'x-object-meta-vitrine-upload';

/** What one manifest may list; a cluster takes 1000 unless its operator allows more. */
const maxListed = 1000;

const completing = 'complete the upload';

/** Objects removed at a time. */
const removedAtOnce = 8;

export function uploadHeaders(upload: string) {
  return { [uploadField]: upload, 'content-type': 'application/octet-stream' };
}

/** Where the parts of all uploads of an image are. */
export function partsFoldersOf(imageId: string): string {
  return `segments/${imageId}/`;
}

/** Where the parts of one upload are. */
export function partsFolderOf({ imageId, upload }: ObjectUpload): string {
  return `${partsFoldersOf(imageId)}${upload}/`;
}

/** An entry of a manifest. */
interface Listed {
  readonly path: string;
  readonly etag?: string;
  readonly size_bytes?: number;
}

/** A static large object: parts, and a manifest that makes one object of them. */
export async function swiftUpload(
  client: SwiftClient,
  object: ObjectUpload,
  signal: AbortSignal,
): Promise<PartedUpload> {
  const { imageId, upload } = object;
  const folder = partsFolderOf(object);
  const marker = markerOf(object);
  const parts = new Map<number, { readonly md5: string; readonly size: number }>();
  const begun = { what: 'begin an upload', method: 'PUT', path: marker, body: '' } as const;
  await client.ask({ ...begun, signal, expected: [201] });

  function listed(): readonly Listed[] {
    return [...parts]
      .toSorted(([a], [b]) => a - b)
      .map(([number, { md5, size }]) => ({
        path: `/${client.container}/${folder}${numbered(number)}`,
        etag: md5,
        size_bytes: size,
      }));
  }

  async function putManifest(path: string, entries: readonly Listed[], condition = {}) {
    const { status, text } = await client.ask({
      what: completing,
      method: 'PUT',
      path,
      // The server looks at every part: it is to show that it is at it.
      query: { 'multipart-manifest': 'put', heartbeat: 'on' },
      headers: { ...uploadHeaders(upload), ...condition, accept: 'application/json' },
      body: JSON.stringify(entries),
      expected: [201, 202],
    });
    if (status === 202 && outcomeOf(text) !== 201) throw statusFailure(completing, outcomeOf(text));
  }

  /** Lists of a thousand parts each, where there are more than one manifest may have. */
  async function inLists(entries: readonly Listed[]): Promise<readonly Listed[]> {
    const lists: Listed[] = [];
    for (let first = 0; first < entries.length; first += maxListed) {
      const path = `${folder}list-${numbered(lists.length)}`;
      await putManifest(path, entries.slice(first, first + maxListed));
      lists.push({ path: `/${client.container}/${path}` });
    }
    return lists;
  }

  return {
    putPart: (number, data, signal) =>
      putPart(client, `${folder}${numbered(number)}`, { data, signal, number }).then(
        () => void parts.set(number, { md5: data.md5, size: data.bytes.length }),
      ),

    async complete() {
      const entries = listed();
      const top = entries.length > maxListed ? await inLists(entries) : entries;
      await putManifest(imageId, top, { 'if-none-match': '*' });
    },

    async end() {
      await removeNames(client, [marker]);
    },

    async abort() {
      // A listing may lag behind: what is known to be there is removed without asking it.
      await removeNames(
        client,
        [...parts.keys()].map((number) => folder + numbered(number)),
      );
      await removeAll(client, folder);
      await removeNames(client, [marker]);
    },
  };
}

interface PartToSend {
  readonly number: number;
  readonly data: ObjectBytes;
  readonly signal: AbortSignal;
}

async function putPart(
  client: SwiftClient,
  path: string,
  { number, data, signal }: PartToSend,
): Promise<void> {
  const { headers } = await client.ask({
    what: `send part ${number}`,
    method: 'PUT',
    path,
    headers: { etag: data.md5 },
    body: data.bytes,
    signal,
    expected: [201],
  });
  if (headers['etag']?.replaceAll('"', '') === data.md5) return;
  const text = `Could not send part ${number}: the server has other bytes.`;
  throw new ObjectServerFailure('Unavailable', text, { isPassing: true });
}

/** In the order in which a listing has them. */
function numbered(number: number): string {
  return String(number).padStart(8, '0');
}

/** Removes everything whose name begins with `prefix`, manifests without what they list. @throws ObjectServerFailure */
export async function removeAll(client: SwiftClient, prefix: string): Promise<void> {
  const names = await Array.fromAsync(listNames(client, prefix));
  await removeNames(client, names);
}

async function removeNames(client: SwiftClient, names: readonly string[]): Promise<void> {
  const left = [...names];
  const removeNext = async (): Promise<void> => {
    for (let path = left.pop(); path !== undefined; path = left.pop()) {
      const request = { what: 'remove parts', method: 'DELETE', path } as const;
      await client.ask({ ...request, expected: [204, 404] });
    }
  };
  await Promise.all(Array.from({ length: removedAtOnce }, removeNext));
}
