import { randomUUID } from 'node:crypto';
import {
  countPending,
  findRequest,
  insertRequest,
  listRequests,
  settleRequest,
} from '../database/access-requests.ts';
import type { Connection, Database } from '../database/database.ts';
import { findImage } from '../database/images.ts';
import { deleteListed, insertListed, listListed } from '../database/listed-images.ts';
import { insertProjectEvents } from '../database/project-events.ts';
import type { AccessRequest, ListedImage } from '../domain/access-request.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import type { Image } from '../domain/image.ts';
import { checkShared, type SeenImage } from '../domain/member.ts';
import type { Policy } from '../domain/policy.ts';
import { requestEvent } from '../domain/project-event.ts';
import { type Rate, rateLimiter } from '../domain/rate-limiter.ts';
import { RetryLaterError } from '../domain/retry-later.ts';
import { checkTerms, type ShareTerms } from '../domain/share.ts';
import { actorOf } from '../domain/share-log.ts';
import { projectThatAnswers, projectThatLooks } from './inbox.ts';
import { checkMay } from './known-member.ts';
import type { Names } from './names.ts';
import type { SealedMarkers } from './sealed-markers.ts';
import { getSharedImage, maySee } from './seen-image.ts';
import type { ShareChanges } from './share-changes.ts';

export interface AccessRequestsOptions {
  readonly database: Database;
  readonly policy: Policy;
  readonly names: Names;
  readonly changes: ShareChanges;
  readonly markers: SealedMarkers;
  /** How often one project may ask. */
  readonly rate?: Rate;
  readonly clock: () => Date;
}

/** A page of a list of things, and what their projects are called. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly names: ReadonlyMap<string, string>;
  readonly next: string | undefined;
}

export interface PageAsked {
  readonly limit: number;
  readonly marker: string | undefined;
}

/** Asking for images of others, and what their owners say to it. */
export interface AccessRequests {
  /**
   * Asks for an image by its id. Whether there is such an image makes no difference that the caller could tell.
   *
   * @throws DomainError `NotPermitted`, `MemberExists` for an image that the caller sees already,
   *   `NameTaken` while a request waits, `TooManyRequests`, `QuotaExceeded`
   */
  ask(caller: Caller, imageId: string, reason: string): Promise<AccessRequest>;
  /** Requests of the caller's project, or those that wait for its answer. */
  list(caller: Caller, side: 'made' | 'received', page: PageAsked): Promise<Page<AccessRequest>>;
  /** Makes the project a member, which has accepted by asking. @throws DomainError as sharing does, `NotFound` */
  approve(caller: Caller, id: string, terms: ShareTerms): Promise<AccessRequest>;
  /** @throws DomainError `NotFound`, `NotPermitted` */
  decline(caller: Caller, id: string, word: string | null): Promise<AccessRequest>;
  /** Takes an own request back. @throws DomainError `NotFound`, `NotPermitted` */
  withdraw(caller: Caller, id: string): Promise<void>;
  /** Lists an image for everybody to ask for. @throws DomainError as sharing does */
  listImage(caller: Caller, imageId: string, summary: string | null): Promise<void>;
  unlistImage(caller: Caller, imageId: string): Promise<void>;
  catalogue(caller: Caller, page: PageAsked): Promise<Page<ListedImage>>;
}

/** Twenty at once, and one every half minute. */
const usualRate: Rate = { rate: 1 / 30, burst: 600 };

/** Requests of one project that wait at a time. */
const mostPending = 100;

export function accessRequestsService(options: AccessRequestsOptions): AccessRequests {
  const { database, policy, names, markers, clock, rate = usualRate } = options;
  const limiter = rateLimiter(rate, () => performance.now());

  function before(caller: Caller, marker: string | undefined): number {
    if (marker === undefined) return Number.MAX_SAFE_INTEGER;
    const number = Number(markers.open(marker, caller));
    if (!Number.isNaN(number)) return number;
    throw new DomainError('InvalidRequest', 'marker: what a page gave as next is wanted.');
  }

  /** The marker behind a full page. */
  function next(caller: Caller, found: readonly { readonly number: number }[], limit: number) {
    const last = found.length === limit ? found.at(-1) : undefined;
    return last && markers.seal(String(last.number), caller);
  }

  return {
    async ask(caller, imageId, reason) {
      const projectId = projectThatAnswers(policy, caller);
      const wait = limiter.spend(projectId);
      if (wait > 0) throw tooMany(Math.ceil(wait / 1000));
      return await ask(options, caller, { imageId, reason, projectId });
    },

    async list(caller, side, { limit, marker }) {
      const projectId = projectThatLooks(policy, caller);
      const asked = { side, projectId, before: before(caller, marker), limit };
      const found = await listRequests(database.read, asked);
      const items = found.map(({ request }) => request);
      const told = side === 'received' ? items.map((one) => one.projectId) : [];
      return { items, names: await names.ofProjects(told), next: next(caller, found, limit) };
    },

    approve: (caller, id, terms) => approve(options, caller, { id, terms }),
    decline: (caller, id, word) => decline(options, caller, { id, word }),

    async withdraw(caller, id) {
      const projectId = projectThatAnswers(policy, caller);
      await database.transaction(async (db) => {
        const request = await findRequest(db, id);
        const settled = { state: 'withdrawn', word: null, at: clock() } as const;
        const isOwn = request?.projectId === projectId;
        if (!isOwn || !(await settleRequest(db, request, settled))) throw notWaiting();
      });
    },

    listImage: (caller, imageId, summary) =>
      database.transaction(async (db) => {
        const seen = await getSharedImage(db, caller, imageId, policy);
        checkMay(policy, 'add_member', caller, seen);
        await insertListed(db, imageId, { summary, at: clock() });
      }),

    unlistImage: (caller, imageId) =>
      database.transaction(async (db) => {
        const seen = await getSharedImage(db, caller, imageId, policy);
        checkMay(policy, 'add_member', caller, seen);
        if (!(await deleteListed(db, imageId))) {
          throw new DomainError('NotFound', 'The image is not in the catalogue.');
        }
      }),

    async catalogue(caller, { limit, marker }) {
      projectThatLooks(policy, caller);
      const found = await listListed(database.lists, before(caller, marker), limit);
      const items = found.map(({ listed }) => listed);
      const owners = items.map(({ owner }) => owner ?? '');
      return { items, names: await names.ofProjects(owners), next: next(caller, found, limit) };
    },
  };
}

interface Asking {
  readonly imageId: string;
  readonly reason: string;
  readonly projectId: string;
}

async function ask(
  { database, policy, clock }: AccessRequestsOptions,
  caller: Caller,
  { imageId, reason, projectId }: Asking,
): Promise<AccessRequest> {
  const at = clock();
  const request: AccessRequest = {
    id: randomUUID(),
    ...{ imageId, projectId, userId: caller.userId, reason },
    ...{ state: 'pending', word: null, createdAt: at, answeredAt: null },
  };
  await database.transaction(async (db) => {
    const seen = await findImage(db, imageId, projectId);
    if (seen && maySee(seen, caller, policy)) {
      throw new DomainError(
        'MemberExists',
        `Image ${imageId} can be seen by this project already.`,
      );
    }
    if ((await countPending(db, projectId)) >= mostPending) {
      throw new DomainError('QuotaExceeded', `At most ${mostPending} requests wait at a time.`);
    }
    if (!(await insertRequest(db, request))) {
      throw new DomainError('NameTaken', 'A request for this image waits for an answer already.');
    }
    // Whoever asks for nothing is told of it instead of an owner, so that both take as long.
    const hearer = seen?.image.owner ?? '';
    await tell(db, hearer, { request, image: seen?.image, at });
  });
  return request;
}

interface Told {
  readonly request: AccessRequest;
  readonly image: Image | undefined;
  readonly at: Date;
}

async function tell(db: Connection, projectId: string, { request, image, at }: Told) {
  const event = { id: randomUUID(), image: image?.name ?? null, at };
  await insertProjectEvents(db, [requestEvent(projectId, request, event)]);
}

/** A request that waits, and its image, which the caller may share. @throws DomainError `NotFound`, `NotPermitted` */
async function received(
  { policy }: AccessRequestsOptions,
  db: Connection,
  caller: Caller,
  id: string,
): Promise<{ readonly request: AccessRequest; readonly seen: SeenImage }> {
  projectThatLooks(policy, caller);
  const request = await findRequest(db, id);
  const seen = request && (await findImage(db, request.imageId, caller.projectId));
  // Who asks knows of the request, but not of the image.
  if (request?.state !== 'pending' || !seen || !maySee(seen, caller, policy)) throw notWaiting();
  checkMay(policy, 'add_member', caller, seen);
  return { request, seen };
}

async function approve(
  options: AccessRequestsOptions,
  caller: Caller,
  { id, terms }: { readonly id: string; readonly terms: ShareTerms },
): Promise<AccessRequest> {
  const { database, changes, clock } = options;
  checkTerms(terms, clock());
  return await database.transaction(async (db) => {
    const { request, seen } = await received(options, db, caller, id);
    checkShared(seen.image);
    const by = actorOf(caller);
    const { projectId } = request;
    await changes.offer(db, seen.image, { projectId, by, terms, accepted: true });
    return settle(options, db, { request, image: seen.image, state: 'approved', word: terms.note });
  });
}

async function decline(
  options: AccessRequestsOptions,
  caller: Caller,
  { id, word }: { readonly id: string; readonly word: string | null },
): Promise<AccessRequest> {
  return await options.database.transaction(async (db) => {
    const { request, seen } = await received(options, db, caller, id);
    return settle(options, db, { request, image: seen.image, state: 'declined', word });
  });
}

interface Settling {
  readonly request: AccessRequest;
  readonly image: Image;
  readonly state: 'approved' | 'declined';
  readonly word: string | null;
}

async function settle(
  { clock }: AccessRequestsOptions,
  db: Connection,
  { request, image, state, word }: Settling,
): Promise<AccessRequest> {
  const at = clock();
  if (!(await settleRequest(db, request, { state, word, at }))) throw notWaiting();
  const settled: AccessRequest = { ...request, state, word, answeredAt: at };
  for (const projectId of [request.projectId, image.owner ?? '']) {
    await tell(db, projectId, { request: settled, image, at });
  }
  return settled;
}

function notWaiting(): DomainError {
  return new DomainError('NotFound', 'No such request waits for an answer.');
}

function tooMany(seconds: number): RetryLaterError {
  const text = `This project asks too often. Wait ${seconds} s, then try again.`;
  return new RetryLaterError('TooManyRequests', text, seconds);
}
