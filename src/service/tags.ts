import type { Database } from '../database/database.ts';
import { updateImage } from '../database/images.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import { imageEvent } from '../domain/event.ts';
import { applyChanges, type ChangeRules } from '../domain/image-change.ts';
import type { Events } from './events.ts';
import type { Quotas } from './quotas.ts';
import { getSeenImage } from './seen-image.ts';

export interface TagsOptions extends Omit<ChangeRules, 'limits' | 'locations'> {
  readonly database: Database;
  readonly quotas: Quotas;
  readonly events: Events;
  readonly clock: () => Date;
}

/** The tags of an image, one at a time. @see Images API v2, "Image tags" */
export interface Tags {
  /** Adds a tag; one that is there stays. @throws DomainError `ImageNotFound` `NotPermitted` `QuotaExceeded` */
  add(caller: Caller, imageId: string, tag: string): Promise<void>;
  /** @throws DomainError `ImageNotFound` `NotPermitted`, and `NotFound` for a tag that is not there. */
  remove(caller: Caller, imageId: string, tag: string): Promise<void>;
}

export function tagsService({
  database,
  quotas,
  policy,
  protection,
  events,
  clock,
}: TagsOptions): Tags {
  async function change(
    caller: Caller,
    imageId: string,
    newTags: (tags: readonly string[]) => readonly string[],
    check: (tags: readonly string[]) => void = () => {},
  ): Promise<void> {
    await database.transaction(async (db) => {
      const { image, membership } = await getSeenImage(db, caller, imageId, policy);
      const set = { kind: 'set', settings: { tags: newTags(image.tags) } } as const;
      const limits = await quotas.limitsOf(db, image.owner);
      const rules = { policy, protection, limits };
      const changed = applyChanges({ ...image, membership }, [set], caller, rules);
      // Only who may change the image is told whether it has the tag.
      check(image.tags);
      const saved = { ...changed, updatedAt: clock() };
      await updateImage(db, saved, image);
      await events.record(db, imageEvent('image.update', saved));
    });
  }

  return {
    add: (caller, imageId, tag) =>
      change(caller, imageId, (tags) => (tags.includes(tag) ? tags : [...tags, tag])),

    remove: (caller, imageId, tag) =>
      change(
        caller,
        imageId,
        (tags) => tags.filter((other) => other !== tag),
        (tags) => {
          if (!tags.includes(tag))
            throw new DomainError('NotFound', `The image has no tag ${tag}.`);
        },
      ),
  };
}
