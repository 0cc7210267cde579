import type { Image } from './image.ts';

/** A rule of a consumer: what matches it is accepted at once, since the consumer has said so before. */
export interface AcceptRule {
  /** UUID. */
  readonly id: string;
  readonly projectId: string;
  readonly producerId: string;
  /** Of the image's name, with `*` for any text and `?` for any character; null for every name. */
  readonly namePattern: string | null;
  /** The value of the image's property `family`, or the family by which it is shared; null for every one. */
  readonly family: string | null;
  /** From then on it is no rule any more; null for no end. */
  readonly endsAt: Date | null;
  readonly byUser: string;
  readonly createdAt: Date;
  readonly uses: number;
  readonly usedAt: Date | null;
}

/** Whether an offer of that image, by that family of its owner, is accepted by the rule. */
export function isAcceptedBy(
  { producerId, namePattern, family, endsAt }: AcceptRule,
  image: Pick<Image, 'owner' | 'name' | 'properties'>,
  { now, family: sharedBy }: { readonly now: Date; readonly family?: string | undefined },
): boolean {
  if (image.owner !== producerId) return false;
  if (endsAt !== null && endsAt.getTime() <= now.getTime()) return false;
  if (family !== null && image.properties.get('family') !== family && sharedBy !== family) {
    return false;
  }
  return namePattern === null || matchesPattern(image.name ?? '', namePattern);
}

/** Whether the whole text matches a pattern with `*` and `?`; in time that grows with text times pattern at most. */
export function matchesPattern(text: string, pattern: string): boolean {
  let [at, place] = [0, 0];
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    if (pattern[place] === '*') {
      star = place;
      resume = at;
      place += 1;
    } else if (pattern[place] === '?' || pattern[place] === text[at]) {
      at += 1;
      place += 1;
    } else if (star >= 0) {
      // The star takes one character more.
      resume += 1;
      at = resume;
      place = star + 1;
    } else return false;
  }
  while (pattern[place] === '*') place += 1;
  return place === pattern.length;
}
