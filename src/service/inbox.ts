import type { Connection, Database } from '../database/database.ts';
import { listOffers, type NumberedOffer } from '../database/inbox.ts';
import {
  deleteMuted,
  insertMuted,
  listMuted,
  type MutedProducer,
} from '../database/muted-producers.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import { mayAnswer } from '../domain/member.ts';
import type { Policy } from '../domain/policy.ts';
import type { Offer, OfferState } from '../domain/share.ts';
import { actorOf } from '../domain/share-log.ts';
import { getKnownMember } from './known-member.ts';
import type { Names } from './names.ts';
import type { Recipients } from './recipients.ts';
import type { SealedMarkers } from './sealed-markers.ts';
import { getSharedImage, maySee } from './seen-image.ts';
import type { ShareChanges } from './share-changes.ts';

export interface InboxOptions {
  readonly database: Database;
  readonly policy: Policy;
  readonly names: Names;
  readonly recipients: Recipients;
  readonly changes: ShareChanges;
  readonly markers: SealedMarkers;
  readonly clock: () => Date;
}

/** A page of offers, and what their producers are called. */
export interface OfferPage {
  readonly offers: readonly Offer[];
  readonly names: ReadonlyMap<string, string>;
  readonly next: string | undefined;
}

export interface InboxAsked {
  readonly states: readonly OfferState[];
  readonly limit: number;
  readonly marker: string | undefined;
}

export interface Answers {
  readonly images: readonly string[];
  readonly answer: OfferState;
  /** Whether one refusal undoes all of them. */
  readonly allOrNothing: boolean;
}

/** What came of one of many. */
export interface AnswerResult {
  readonly imageId: string;
  readonly state: OfferState | null;
  readonly error: string | null;
}

/** What others offer a project, and what it makes of it. */
export interface Inbox {
  list(caller: Caller, asked: InboxAsked): Promise<OfferPage>;
  /** In one transaction. @throws DomainError of the first refusal, if all or nothing is wanted */
  answer(caller: Caller, answers: Answers): Promise<readonly AnswerResult[]>;
  /** @throws DomainError `ImageNotFound`, `MemberNotFound`, `NotPermitted` */
  leave(caller: Caller, imageId: string): Promise<void>;
  muted(
    caller: Caller,
  ): Promise<{ muted: readonly MutedProducer[]; names: ReadonlyMap<string, string> }>;
  /** @param producer its id, or its name in the caller's own domain */
  mute(caller: Caller, producer: string): Promise<void>;
  /** @throws DomainError `NotFound` */
  unmute(caller: Caller, producerId: string): Promise<void>;
}

/** Producers that one project may mute. */
const mostMuted = 1000;

export function inboxService(options: InboxOptions): Inbox {
  const { database, policy, names, recipients, changes, clock } = options;
  return {
    list: (caller, asked) => list(options, caller, asked),

    async answer(caller, { images, answer, allOrNothing }) {
      projectThatAnswers(policy, caller);
      return await database.transaction(async (db) => {
        const results: AnswerResult[] = [];
        // In one order for everybody, so that nobody waits for who waits for him.
        for (const imageId of [...new Set(images)].toSorted()) {
          results.push(
            await answerOne({ ...options, db }, caller, { imageId, answer }, allOrNothing),
          );
        }
        return results;
      });
    },

    leave: (caller, imageId) =>
      database.transaction(async (db) => {
        const { seen, member } = await ownMember({ ...options, db }, caller, imageId);
        await changes.end(db, seen.image, { member, how: 'left', by: actorOf(caller) });
      }),

    async muted(caller) {
      const projectId = projectThatLooks(policy, caller);
      const muted = await listMuted(database.read, projectId);
      return {
        muted,
        names: await names.ofPartners(
          muted.map(({ producerId }) => producerId),
          caller,
        ),
      };
    },

    async mute(caller, producer) {
      const projectId = projectThatAnswers(policy, caller);
      const { projectId: producerId } = await recipients.find(caller, producer, 'producer');
      await database.transaction(async (db) => {
        const muted = await listMuted(db, projectId);
        if (muted.length >= mostMuted) {
          throw new DomainError('QuotaExceeded', `At most ${mostMuted} producers can be muted.`);
        }
        await insertMuted(db, projectId, { producerId, at: clock() });
      });
    },

    async unmute(caller, producerId) {
      const projectId = projectThatAnswers(policy, caller);
      const wasMuted = await database.transaction((db) => deleteMuted(db, projectId, producerId));
      if (!wasMuted) throw new DomainError('NotFound', 'That producer is not muted.');
    },
  };
}

async function list(
  { database, policy, names, markers }: InboxOptions,
  caller: Caller,
  { states, limit, marker }: InboxAsked,
): Promise<OfferPage> {
  const projectId = projectThatLooks(policy, caller);
  const before =
    marker === undefined ? Number.MAX_SAFE_INTEGER : Number(markers.open(marker, caller));
  if (Number.isNaN(before)) {
    throw new DomainError('InvalidRequest', 'marker: what a page gave as next is wanted.');
  }
  const found = await listOffers(database.read, { projectId, states, before, limit });
  const last = found.length === limit ? found.at(-1) : undefined;
  const offers = found.filter((offer) => isSeen(policy, caller, offer));
  return {
    offers,
    names: await names.ofProjects(offers.map(({ image }) => image.owner ?? '')),
    next: last && markers.seal(String(last.number), caller),
  };
}

/** What the database finds is what the default rule lets the consumer see. */
function isSeen(policy: Policy, caller: Caller, { image, share }: NumberedOffer): boolean {
  if (!policy.isOverridden('get_image')) return true;
  return maySee({ image, membership: share.status }, caller, policy);
}

interface Changing extends InboxOptions {
  readonly db: Connection;
}

async function answerOne(
  options: Changing,
  caller: Caller,
  { imageId, answer }: { readonly imageId: string; readonly answer: OfferState },
  throws: boolean,
): Promise<AnswerResult> {
  const { db, changes } = options;
  try {
    const { seen, member } = await ownMember(options, caller, imageId);
    const by = actorOf(caller);
    if (answer === 'set_aside') await changes.setAside(db, seen.image, member, by);
    else await changes.answer(db, seen.image, { member, status: answer, by });
    return { imageId, state: answer, error: null };
  } catch (error) {
    // Whatever is refused is so before anything is written.
    if (throws || !(error instanceof DomainError)) throw error;
    return { imageId, state: null, error: error.message };
  }
}

/** The caller's own row, which it may answer. @throws DomainError */
async function ownMember({ db, policy }: Changing, caller: Caller, imageId: string) {
  const seen = await getSharedImage(db, caller, imageId, policy);
  const projectId = caller.projectId ?? '';
  const member = await getKnownMember(db, { caller, seen, projectId }, policy);
  if (!mayAnswer(seen, projectId, caller, policy)) {
    throw new DomainError('NotPermitted', 'Only the invited project may set its status.');
  }
  return { seen, member };
}

/** The project whose inbox the caller may read, as it may list images. @throws DomainError `NotPermitted` */
export function projectThatLooks(policy: Policy, caller: Caller): string {
  const own = { owner: caller.projectId, visibility: 'private' } as const;
  if (caller.projectId !== null && policy.allows('get_images', caller, own))
    return caller.projectId;
  throw new DomainError('NotPermitted', 'Only who may list the images of a project may do this.');
}

/** The project that the caller may answer for. @throws DomainError `NotPermitted` */
export function projectThatAnswers(policy: Policy, caller: Caller): string {
  const offered = { owner: null, visibility: 'shared', membership: 'pending' } as const;
  if (caller.projectId !== null && policy.allows('modify_member', caller, offered)) {
    return caller.projectId;
  }
  throw new DomainError('NotPermitted', 'Only who may answer for a project may do this.');
}
