import { setImmediate } from 'node:timers/promises';
import type { Database } from '../database/database.ts';
import { listImages } from '../database/image-list.ts';
import { listMemberships } from '../database/members.ts';
import type { Caller } from '../domain/caller.ts';
import type { Image } from '../domain/image.ts';
import type { ImageQuery } from '../domain/image-query.ts';
import type { Policy } from '../domain/policy.ts';
import type { SealedMarkers } from './sealed-markers.ts';
import { maySee } from './seen-image.ts';

/** A page of a list. */
export interface ImagePage<Shown = Image> {
  readonly images: readonly Shown[];
  /** The marker of the page after this one; undefined when this is the last. */
  readonly next: string | undefined;
}

export interface SeenListOptions {
  readonly database: Database;
  readonly policy: Policy;
  readonly markers: SealedMarkers;
  /** How far one request may look for images that the caller may see. */
  readonly steps?: {
    /** Images looked at in a step. */
    readonly size: number;
    /** Steps after the first, which looks at as many images as the page holds. */
    readonly most: number;
  };
}

/** One request looks at 10 000 images, and others are served between its steps. */
const defaultSteps = { size: 1000, most: 10 } as const;

/**
 * Fills a page with images that the operator's own rule lets the caller see, out of those that the
 * default rule lists. Where the rule hides very many in a row, the page may hold fewer images than were
 * asked for, or none, and lead on all the same.
 */
export async function listSeen(
  { database, policy, markers, steps = defaultSteps }: SeenListOptions,
  caller: Caller,
  query: ImageQuery,
  after: Image | undefined,
): Promise<ImagePage> {
  const images: Image[] = [];
  let last = after;
  if (query.limit === 0) return { images, next: undefined };
  for (let step = 0; step <= steps.most; step += 1) {
    const limit = step === 0 ? query.limit : steps.size;
    const found = await listImages(database.lists, caller, { ...query, limit }, last);
    images.push(...(await seenOf(found, { database, policy, caller })));
    if (images.length >= query.limit) {
      const page = images.slice(0, query.limit);
      return { images: page, next: page.at(-1)?.id };
    }
    last = found.at(-1);
    if (last === undefined || found.length < limit) return { images, next: undefined };
    await setImmediate();
  }
  return { images, next: last && markers.seal(last.id, caller) };
}

interface Judging {
  readonly database: Database;
  readonly policy: Policy;
  readonly caller: Caller;
}

async function seenOf(
  found: readonly Image[],
  { database, policy, caller }: Judging,
): Promise<Image[]> {
  const ids = found.map(({ id }) => id);
  const memberships = await listMemberships(database.read, ids, caller.projectId);
  return found.filter((image) =>
    maySee({ image, membership: memberships.get(image.id) }, caller, policy),
  );
}
