import { hash } from 'node:crypto';
import type { Caller } from '../../domain/caller.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Identity } from '../identity.ts';
import { boundedMemory } from '../memory.ts';
import { checkWithService } from '../service-token.ts';
import { singleFlight } from '../single-flight.ts';
import type { KeystoneClient } from './client.ts';
import { parseTokenDocument } from './token-document.ts';

export interface KeystoneTokensOptions {
  readonly client: KeystoneClient;
  /** Milliseconds for which an answer holds at most; 0 asks for every request. */
  readonly cacheTime: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Bounds the memory for tokens seen lately: about 1 KiB each. */
const maxRemembered = 10_000;

/** Anything else in the header is no token of Keystone's, in whatever format. */
const tokenShape = /^[\x21-\x7e]+$/;

/**
 * Validates tokens by asking Keystone, and remembers for a while which are valid.
 *
 * That a token is not valid is not remembered: whoever invents tokens invents another one each time,
 * and one that a node of Keystone does not know yet (its keys come round late) must not stay refused.
 */
export function keystoneTokens({ client, cacheTime, now }: KeystoneTokensOptions): Identity {
  const remembered = boundedMemory<Caller>({ size: maxRemembered, now });
  const flights = singleFlight<Caller>();

  async function validate(token: string, key: string): Promise<Caller> {
    const asked = now();
    const meaning = await client.ask({
      path: '/auth/tokens?nocatalog',
      subjectToken: token,
      parse: parseTokenDocument,
    });
    if (!meaning || meaning.expiresAt <= now()) throw invalidToken();
    remembered.keep(key, meaning.caller, Math.min(meaning.expiresAt, asked + cacheTime));
    return meaning.caller;
  }

  function check(token: string): Caller | Promise<Caller> {
    if (!tokenShape.test(token)) throw invalidToken();
    const key = keyOf(token);
    const known = remembered.recall(key);
    if (known) return known;
    // Without a cache an answer must be younger than the request: a question under way is older.
    if (cacheTime === 0) return validate(token, key);
    return flights.run(key, () => validate(token, key));
  }

  /** Too rare to be remembered: a service that finishes the work of a user whose token has ended. */
  async function checkExpired(token: string): Promise<Caller> {
    if (!tokenShape.test(token)) throw invalidToken();
    const meaning = await client.ask({
      path: '/auth/tokens?nocatalog&allow_expired=1',
      subjectToken: token,
      parse: parseTokenDocument,
    });
    if (!meaning) throw invalidToken();
    return meaning.caller;
  }

  return {
    recall: (token) => remembered.recall(keyOf(token)),

    authenticate(token, serviceToken) {
      if (serviceToken === undefined) return check(token);
      return checkWithService({ check, checkExpired }, token, serviceToken);
    },
  };
}

/** What a token is remembered by: the memory of the process holds no usable one. */
function keyOf(token: string): string {
  return hash('sha256', token, 'base64url');
}

function invalidToken(): DomainError {
  const text = 'The token is not valid, or no longer. Ask the identity service for a new one.';
  return new DomainError('NotAuthenticated', text);
}
