import { imageIdPattern } from '../image-id.ts';
import { ObjectServerFailure } from '../object/failure.ts';
import type { ListedObject, ObjectServer } from '../object/object-server.ts';
import { listNames, listObjects } from './listing.ts';
import { outcomeOf } from './outcome.ts';
import type { SwiftClient } from './swift-client.ts';
import {
  partsFolderOf,
  partsFoldersOf,
  removeAll,
  swiftUpload,
  uploadField,
  uploadHeaders,
} from './swift-upload.ts';
import { unfinishedFolder } from './unfinished.ts';

export interface SwiftServerOptions {
  /** Belongs to the server, which ends it. */
  readonly client: SwiftClient;
  /** Whether a container that is missing at the start is made. */
  readonly createsContainer: boolean;
}

const tib = 1024 ** 4;

/** Manifests of a thousand lists of a thousand parts. */
const maxParts = 1_000_000;

/** A container of Swift. */
export function swiftServer({ client, createsContainer }: SwiftServerOptions): ObjectServer {
  async function head(imageId: string) {
    const request = { what: 'look for the data', method: 'HEAD', path: imageId } as const;
    const { status, headers } = await client.ask({ ...request, expected: [200, 404] });
    if (status === 404) return undefined;
    return {
      size: Number(headers['content-length']),
      etag: headers['etag'],
      upload: headers[uploadField],
      isManifest: headers['x-static-large-object']?.toLowerCase() === 'true',
    };
  }

  async function discardParts(imageId: string): Promise<void> {
    await removeAll(client, partsFoldersOf(imageId));
    await removeAll(client, `${unfinishedFolder}${imageId}/`);
  }

  /** Removes what an upload left, unless the image's object is made of it. */
  async function sweepOne(marker: string): Promise<void> {
    const [, imageId = '', upload = ''] = markerPattern.exec(marker) ?? [];
    if (imageId === '') return;
    const made = (await head(imageId))?.upload === upload;
    if (!made) await removeAll(client, partsFolderOf({ imageId, upload }));
    await removeAll(client, marker);
  }

  async function check(): Promise<void> {
    const request = { what: 'use the container', path: '' } as const;
    const { status } = await client.ask({ ...request, method: 'HEAD', expected: [200, 204, 404] });
    if (status !== 404) return;
    if (!createsContainer) {
      const hint = 'Make it, or set swift_store_create_container_on_put.';
      throw new ObjectServerFailure('Unavailable', `The container is not there. ${hint}`);
    }
    await client.ask({
      ...request,
      what: 'make the container',
      method: 'PUT',
      expected: [201, 202],
    });
  }

  return {
    maxSize: 1024 * tib,
    maxParts,
    head,
    check,
    discardParts,

    async read(imageId, { first, last, etag }) {
      const what = 'read the data';
      const headers = {
        range: `bytes=${first}-${last}`,
        ...(etag !== undefined && { 'if-match': etag }),
      };
      const request = { what, method: 'GET', path: imageId, headers, expected: [206] } as const;
      const body = await client.open(request);
      if (body.headers['content-range']?.startsWith(`bytes ${first}-${last}/`)) return body;
      body.destroy();
      const text = `Could not ${what}: the server gives other bytes.`;
      throw new ObjectServerFailure('Unavailable', text);
    },

    async putWhole({ imageId, upload }, { bytes, md5 }) {
      const headers = { ...uploadHeaders(upload), etag: md5, 'if-none-match': '*' };
      const request = { what: 'send the data', method: 'PUT', path: imageId } as const;
      await client.ask({ ...request, headers, body: bytes, expected: [201] });
    },

    beginParts: (object, signal) => swiftUpload(client, object, signal),

    async delete(imageId) {
      const found = await head(imageId);
      if (found) await removeObject(client, imageId, found.isManifest);
    },

    async sweep() {
      for await (const marker of listNames(client, unfinishedFolder)) await sweepOne(marker);
    },

    list: () => listAll(client),

    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
    },
  };
}

const markerPattern = new RegExp(
  `^${unfinishedFolder}(${imageIdPattern})/(${imageIdPattern})$`,
  'i',
);

/** Whether sizes of large ones are right depends on the server: they are asked for where it matters. */
async function* listAll(client: SwiftClient): AsyncGenerator<ListedObject> {
  const at = (text = '') => new Date(`${text}Z`);
  for await (const found of listObjects(client, { prefix: '', delimiter: '/' })) {
    const { name: imageId, last_modified: changed } = found;
    yield { imageId, isWhole: true, size: undefined, changedAt: at(changed) };
  }
  for await (const found of listObjects(client, { prefix: unfinishedFolder })) {
    const [, imageId = ''] = markerPattern.exec(found.name) ?? [];
    yield { imageId, isWhole: false, size: undefined, changedAt: at(found.last_modified) };
  }
}

/** Removes an object, and all that its manifest names first: what fails in between can be done again. */
async function removeObject(
  client: SwiftClient,
  imageId: string,
  isManifest: boolean,
): Promise<void> {
  const request = { what: 'remove the data', method: 'DELETE' } as const;
  if (!isManifest) {
    await client.ask({ ...request, path: imageId, expected: [204, 404] });
    return;
  }
  const { text } = await client.ask({
    ...request,
    path: imageId,
    query: { 'multipart-manifest': 'delete' },
    headers: { accept: 'application/json' },
    expected: [200, 404],
  });
  const outcome = outcomeOf(text);
  if (outcome >= 200 && outcome < 300) return;
  const reason = `the server answers ${outcome} for a part`;
  throw new ObjectServerFailure('Unavailable', `Could not remove the data: ${reason}.`, {
    isPassing: true,
  });
}
