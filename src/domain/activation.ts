import type { Caller } from './caller.ts';
import type { Target } from './condition.ts';
import { DomainError } from './errors.ts';
import type { Image } from './image.ts';
import type { Policy } from './policy.ts';
import type { ImageStatus } from './status.ts';

/** Switches an image's data off for everyone but admins, and on again. */
export type Activation = 'deactivate' | 'reactivate';

const turns = {
  deactivate: { from: 'active', to: 'deactivated' },
  reactivate: { from: 'deactivated', to: 'active' },
} as const satisfies Record<Activation, { from: ImageStatus; to: ImageStatus }>;

/**
 * The image's status once it is switched; to switch it again changes nothing.
 *
 * @throws DomainError `NotPermitted`, also when the image is in another part of its life.
 * @see Images API v2, "Deactivate image" and "Reactivate image"
 */
export function statusAfter(
  image: Image & Target,
  activation: Activation,
  caller: Caller,
  policy: Policy,
): ImageStatus {
  if (!policy.allows(activation, caller, image)) {
    throw new DomainError('NotPermitted', `You may not ${activation} image ${image.id}.`);
  }
  const { from, to } = turns[activation];
  if (image.status !== from && image.status !== to) {
    throw new DomainError(
      'NotPermitted',
      `Image ${image.id} is ${image.status}; to ${activation} it, it must be ${from}.`,
    );
  }
  return to;
}
