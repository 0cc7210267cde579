import { DomainError } from '../domain/errors.ts';

const maxTagLength = 255;

/**
 * Refuses text that cannot be a tag.
 *
 * @throws DomainError `InvalidRequest`
 * @see Images API v2, schema of the image: `tags`
 */
export function checkTag(tag: string): void {
  if (tag.length > maxTagLength) {
    throw new DomainError(
      'InvalidRequest',
      `A tag has at most ${maxTagLength} characters, not ${tag.length}.`,
    );
  }
}
