import type { Database } from '../database/database.ts';
import { setStatus } from '../database/images.ts';
import { type Activation, statusAfter } from '../domain/activation.ts';
import type { Caller } from '../domain/caller.ts';
import { imageEvent } from '../domain/event.ts';
import type { Policy } from '../domain/policy.ts';
import type { Events } from './events.ts';
import { getSeenImage } from './seen-image.ts';

export interface SwitchesOptions {
  readonly database: Database;
  readonly policy: Policy;
  readonly events: Events;
  readonly clock: () => Date;
}

/** The switch of an image's data. @see Images API v2, "Image actions" */
export interface Switches {
  /** @throws DomainError `ImageNotFound` `NotPermitted` */
  turn(caller: Caller, imageId: string, activation: Activation): Promise<void>;
}

export function switchesService({ database, policy, events, clock }: SwitchesOptions): Switches {
  return {
    turn: (caller, imageId, activation) =>
      database.transaction(async (db) => {
        const { image, membership } = await getSeenImage(db, caller, imageId, policy);
        const status = statusAfter({ ...image, membership }, activation, caller, policy);
        if (status === image.status) return;
        const updatedAt = clock();
        await setStatus(db, imageId, status, updatedAt);
        await events.record(db, imageEvent('image.update', { ...image, status, updatedAt }));
      }),
  };
}
