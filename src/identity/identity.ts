import type { Caller } from '../domain/caller.ts';

/** Who is calling: turns a token into a caller, whatever service issued it. */
export interface Identity {
  /**
   * Answers at once for a token seen lately, so that a hot request does not wait a turn.
   *
   * @param serviceToken Of the service that sends the request on for its user. With role `service`, the
   *   user's token may have expired in the meantime: the work that it began can be finished.
   * @throws DomainError `NotAuthenticated` for a token, of either kind, that is malformed, expired, revoked or
   *   of another issuer; `IdentityUnavailable` when nobody can tell at this moment.
   */
  authenticate(token: string, serviceToken?: string): Caller | Promise<Caller>;
  /** The caller whose token was seen lately and still holds; undefined for one that has to be looked up. */
  recall(token: string): Caller | undefined;
}
