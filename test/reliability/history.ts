import { createHash } from 'node:crypto';
import { seededBytes } from '../support/slow-data.ts';

/** What a client asks of one image. Those of an image follow each other: the next is asked when the last is answered. */
export type Operation =
  | { readonly kind: 'create'; readonly name: string }
  | { readonly kind: 'upload'; readonly seed: string; readonly size: number }
  /** An upload that its client gives up; the image is queued afterwards. */
  | { readonly kind: 'cut'; readonly seed: string; readonly size: number }
  | { readonly kind: 'rename'; readonly name: string }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'share' }
  | { readonly kind: 'accept' }
  | { readonly kind: 'withdraw' }
  | { readonly kind: 'delete' };

/** What was asked of each image, in order. */
export type History = Map<string, Operation[]>;

/** How many operations of each image were acknowledged. */
export type Acknowledged = ReadonlyMap<string, number>;

/** An image as its owner sees it. */
export interface ImageView {
  readonly status: string;
  readonly name: string;
  readonly size: number | null;
  /** SHA-512 of its data. */
  readonly hash: string | null;
  readonly tags: readonly string[];
  /** The answer of the one project that it is shared with. */
  readonly member: string | null;
}

export function dataOf({ seed, size }: { readonly seed: string; readonly size: number }): Buffer {
  return seededBytes(seed, size);
}

const hashes = new Map<string, string>();

function hashOf(data: { readonly seed: string; readonly size: number }): string {
  const known = hashes.get(data.seed);
  if (known) return known;
  const hash = createHash('sha512').update(dataOf(data)).digest('hex');
  hashes.set(data.seed, hash);
  return hash;
}

/** What `operation` makes of an image; undefined is none. */
function after(image: ImageView | undefined, operation: Operation): ImageView | undefined {
  if (operation.kind === 'create') {
    const { name } = operation;
    return { status: 'queued', name, size: null, hash: null, tags: [], member: null };
  }
  if (!image || operation.kind === 'delete') return undefined;
  switch (operation.kind) {
    case 'upload':
      return { ...image, status: 'active', size: operation.size, hash: hashOf(operation) };
    case 'cut':
      return image;
    case 'rename':
      return { ...image, name: operation.name };
    case 'tag':
      return { ...image, tags: [...image.tags, operation.tag] };
    case 'share':
      return { ...image, member: 'pending' };
    case 'accept':
      return { ...image, member: 'accepted' };
    case 'withdraw':
      return { ...image, member: null };
  }
}

/**
 * What may be found of an image when that many operations were acknowledged: the next may have taken effect or not.
 *
 * @param latest how many were acknowledged at the latest moment that it may be of
 */
export function allowedViews(
  operations: readonly Operation[],
  acknowledged: number,
  latest = acknowledged,
): readonly (ImageView | undefined)[] {
  let next = latest + 1;
  // Of an upload that was given up nobody is told anything.
  while (operations[next - 1]?.kind === 'cut') next += 1;
  const ends = [next, ...Array.from({ length: latest - acknowledged + 1 }, (_, n) => latest - n)];
  return ends
    .toReversed()
    .map((end) => operations.slice(0, end).reduce<ImageView | undefined>(after, undefined));
}

/** The id by which an operation's answer is found among all that the service sends. */
export function requestIdOf(imageId: string, index: number): string {
  return `req-${imageId}.${index}`;
}

/** The acknowledgement in a piece that the service sent, if it is one. */
export function acknowledgementIn(sent: string): { imageId: string; index: number } | undefined {
  if (!/^HTTP\/1\.1 2\d\d /.test(sent)) return undefined;
  const found = /x-openstack-request-id: req-([0-9a-f-]{36})\.(\d+)/i.exec(sent);
  return found?.[1] === undefined ? undefined : { imageId: found[1], index: Number(found[2]) };
}
