import { type Caller, hasRole } from '../domain/caller.ts';

/** The two ways of looking at a token. */
export interface TokenChecks {
  /** @throws DomainError as `Identity.authenticate` */
  readonly check: (token: string) => Caller | Promise<Caller>;
  /** As `check`, but a token that expired a while ago will do. */
  readonly checkExpired: (token: string) => Promise<Caller>;
}

/**
 * The caller behind `token`, sent on by a service that shows `serviceToken`.
 *
 * Any valid token is taken as a service's, but only role `service` lets the user's have expired.
 *
 * @see Keystone's middleware, `service_token_roles`
 */
export async function checkWithService(
  { check, checkExpired }: TokenChecks,
  token: string,
  serviceToken: string,
): Promise<Caller> {
  const service = await check(serviceToken);
  return hasRole(service, 'service') ? await checkExpired(token) : await check(token);
}
