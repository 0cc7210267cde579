import type { Database } from '../database/database.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import { seesAllMembers } from '../domain/member.ts';
import type { Policy } from '../domain/policy.ts';
import { RetryLaterError } from '../domain/retry-later.ts';
import type { Recipients } from './recipients.ts';
import { getSharedImage } from './seen-image.ts';

export interface MemberLookupOptions {
  readonly database: Database;
  readonly policy: Policy;
  readonly recipients: Recipients;
}

/** A member as somebody has typed it. */
export interface TypedMember {
  readonly caller: Caller;
  readonly imageId: string;
  readonly memberId: string;
}

/**
 * What `use` does with a member, by its id or else by its name: a member as typed is taken as it is.
 *
 * @param use refuses who is no member, or none that this caller may know of, with `MemberNotFound`
 * @throws DomainError of `use`, in the words that were typed
 */
export type MemberLookup = <T>(
  typed: TypedMember,
  use: (projectId: string) => Promise<T>,
) => Promise<T>;

export function memberLookup({ database, policy, recipients }: MemberLookupOptions): MemberLookup {
  /** Whom a name means; undefined for nobody whom this caller may know of. */
  async function named({ caller, imageId, memberId }: TypedMember): Promise<string | undefined> {
    const { image, membership } = await getSharedImage(database.read, caller, imageId, policy);
    if (!policy.allows('get_member', caller, { ...image, membership })) return undefined;
    if (seesAllMembers(image, caller)) {
      const { projectId, found } = await recipients.find(caller, memberId);
      return found === 'name' ? projectId : undefined;
    }
    const isOwn = await recipients.isOwnName(caller, memberId);
    return isOwn ? (caller.projectId ?? undefined) : undefined;
  }

  return async (typed, use) => {
    try {
      return await use(typed.memberId);
    } catch (error) {
      if (!isUnknownMember(error)) throw error;
      // It is the first refusal that tells what is wrong: the second one would tell the id of a name.
      const projectId = await named(typed).catch(unlessRefused);
      if (projectId === undefined) throw error;
      return await use(projectId).catch((second: unknown) => {
        throw isUnknownMember(second) ? error : second;
      });
    }
  };
}

/** Nobody, where the rules let this caller know of nobody; what fails otherwise is no answer. */
function unlessRefused(error: unknown): undefined {
  const isAway =
    error instanceof RetryLaterError ||
    (error instanceof DomainError && error.code === 'IdentityUnavailable');
  if (error instanceof DomainError && !isAway) return undefined;
  throw error;
}

function isUnknownMember(error: unknown): boolean {
  return error instanceof DomainError && error.code === 'MemberNotFound';
}
