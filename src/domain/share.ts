import { DomainError } from './errors.ts';
import type { Image } from './image.ts';
import type { Member } from './member.ts';

/** Where an offer lies for its consumer: set aside is pending still, and out of the way. */
export const offerStates = ['pending', 'set_aside', 'accepted', 'rejected'] as const;

export type OfferState = (typeof offerStates)[number];

/** What an owner says of a share. */
export interface ShareTerms {
  readonly note: string | null;
  /** From then on it is as if it had never been; null for no end. */
  readonly expiresAt: Date | null;
}

/** A share as both sides know it: a member, and what stands beside it. */
export interface Share extends Member, ShareTerms {
  readonly setAside: boolean;
  /** Why the owner withdraws it at its end, which may be empty; null when it is not withdrawn. */
  readonly withdrawal: string | null;
}

/** A share as its consumer finds it. */
export interface Offer {
  readonly share: Share;
  readonly image: Pick<
    Image,
    | 'id'
    | 'name'
    | 'owner'
    | 'visibility'
    | 'status'
    | 'size'
    | 'diskFormat'
    | 'containerFormat'
    | 'osHashValue'
  >;
}

/** A share of which nothing is said. */
export const plainTerms: ShareTerms = { note: null, expiresAt: null };

/** Whether a share that ends then still holds. The database says the same of its rows. */
export function isCurrent(expiresAt: Date | null, now: Date): boolean {
  return expiresAt === null || expiresAt.getTime() > now.getTime();
}

/** Refuses an end that has passed. @throws DomainError `InvalidRequest` */
export function checkTerms({ expiresAt }: ShareTerms, now: Date): void {
  if (isCurrent(expiresAt, now)) return;
  throw new DomainError('InvalidRequest', 'expires_at: a time in the future is wanted.');
}

/** Where an offer lies. */
export function stateOf({ status, setAside }: Share): OfferState {
  return status === 'pending' && setAside ? 'set_aside' : status;
}
