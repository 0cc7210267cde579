import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import { type Rate, rateLimiter } from '../domain/rate-limiter.ts';
import type { NameSharing, Recipient } from '../domain/recipient.ts';
import type { Directory } from '../identity/directory.ts';
import { boundedMemory } from '../identity/memory.ts';

export interface RecipientsOptions {
  readonly directory: Directory;
  readonly mode: NameSharing;
  /** How often one project may ask for names that it was not told of before; beyond that ids are taken as they are. */
  readonly rate?: Rate;
}

/** Finds whom a member id means. */
export interface Recipients {
  /**
   * To be asked only for callers who may share an image, or take one: whether a name exists is told to nobody else.
   *
   * @throws DomainError `InvalidRequest` for an unknown project where the operator refuses them
   */
  find(caller: Caller, memberId: string, field?: string): Promise<Recipient>;
  /**
   * Whether a member id means the caller's own project, by its name. It is for those who may know of no
   * other member: nobody is asked about the name that was typed, so nothing is told of it.
   */
  isOwnName(caller: Caller, memberId: string): Promise<boolean>;
}

/** Thirty names at once, and one every other second: plenty for people, slow for who tries out words. */
const usualRate: Rate = { rate: 0.5, burst: 60 };

/** Names that projects were told of and may use again without asking anew, and for how long, ms. */
const mostTold = 10_000;
const toldFor = 24 * 3_600_000;

/** Exact matches in the caller's own domain only. */
export function recipientsService({
  directory,
  mode,
  rate = usualRate,
}: RecipientsOptions): Recipients {
  const limiter = rateLimiter(rate, () => performance.now());
  const told = boundedMemory<string>({ size: mostTold, evicts: 'unused', now: Date.now });

  /** The project that the caller was told has that name, if it still has. */
  async function knownByName(memberId: string, domainId: string, key: string) {
    const id = told.recall(key);
    const project = id === undefined ? undefined : await directory.projectById(id);
    return project?.name === memberId && project.domainId === domainId ? project : undefined;
  }

  async function look(caller: Caller, memberId: string): Promise<Recipient> {
    if (await directory.projectById(memberId)) return { projectId: memberId, found: 'id' };
    const domainId = caller.projectDomainId;
    if (domainId === null) return { projectId: memberId, found: 'unknown' };
    const asker = caller.projectId ?? caller.userId;
    const key = JSON.stringify([asker, domainId, memberId]);
    const known = await knownByName(memberId, domainId, key);
    if (known) return { projectId: known.id, found: 'name' };
    if (limiter.spend(asker) > 0) return { projectId: memberId, found: 'unasked' };
    const [named, another] = await directory.projectsByName(memberId, domainId);
    if (!named || another) return { projectId: memberId, found: 'unknown' };
    told.keep(key, named.id, Date.now() + toldFor);
    return { projectId: named.id, found: 'name' };
  }

  return {
    async find(caller, memberId, field = 'member') {
      const asTyped = { projectId: memberId, found: 'unasked' } as const;
      if (mode === 'off') return asTyped;
      let recipient: Recipient;
      try {
        recipient = await look(caller, memberId);
      } catch (error) {
        // A share must not wait for the identity service, unless the operator wants every id checked.
        if (mode === 'strict' || !isUnavailable(error)) throw error;
        return asTyped;
      }
      if (mode === 'strict' && recipient.found !== 'id' && recipient.found !== 'name') {
        throw new DomainError(
          'InvalidRequest',
          `${field}: no such project is known; its id or its exact name is wanted.`,
        );
      }
      return recipient;
    },

    async isOwnName(caller, memberId) {
      if (mode === 'off' || caller.projectId === null) return false;
      const own = await directory.projectById(caller.projectId);
      return own?.name === memberId && own.domainId === caller.projectDomainId;
    },
  };
}

function isUnavailable(error: unknown): boolean {
  return error instanceof DomainError && error.code === 'IdentityUnavailable';
}
