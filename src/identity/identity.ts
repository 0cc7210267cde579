import type { Caller } from '../domain/caller.ts';

/** Who is calling: turns a token into a caller, whatever service issued it. */
export interface Identity {
  /**
   * Answers at once for a token seen lately, so that a hot request does not wait a turn.
   *
   * @throws DomainError `NotAuthenticated` for a token that is malformed, expired, revoked or of another key.
   */
  authenticate(token: string): Caller | Promise<Caller>;
}
