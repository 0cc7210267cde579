import { isIP } from 'node:net';
import { DomainError } from '../domain/errors.ts';
import { mayConnect, readWebUrl, type WebRules, type WebUrl } from '../domain/web-rules.ts';
import type { WebResolver } from './resolver.ts';

/** A URL that may be asked, at these addresses and no others. */
export interface Target extends WebUrl {
  readonly addresses: readonly string[];
}

export interface TargetRules {
  readonly rules: WebRules;
  readonly resolver: WebResolver;
}

/**
 * Judges a URL by its text, then by every address that its host has. The addresses are found out once: whoever
 * connects takes them from here, since the next look might find others.
 *
 * @param field what the caller calls the URL, for the message
 * @throws DomainError `InvalidRequest`; the signal's reason once it is aborted
 */
export async function findTarget(
  text: string,
  { rules, resolver }: TargetRules,
  { field, signal }: { readonly field: string; readonly signal: AbortSignal },
): Promise<Target> {
  const url = readWebUrl(text, rules, field);
  const { host, isNamed } = url;
  const found = isIP(host) ? [host] : await resolver.resolve(host, isNamed, signal);
  signal.throwIfAborted();
  const isOpen = found.every((address) => mayConnect(address, url, rules));
  if (found.length > 0 && isOpen) return { ...url, addresses: found };
  // A name that nobody knows and one of the operator's own network read alike: names are not told by it either.
  const message = `${field}: host ${host} has no address that may be connected to.`;
  throw new DomainError('InvalidRequest', message);
}
