import type { AccessRequest } from './access-request.ts';
import type { Family } from './family.ts';
import type { Image } from './image.ts';
import { type ShareEntry, type ShareKind, shareKinds } from './share-log.ts';

/** Something that one project is told of. */
export interface ProjectEvent {
  /** Whom it is told. */
  readonly projectId: string;
  /** UUID; the same for everybody who is told of the same thing. */
  readonly id: string;
  /** Such as `share.offered`. */
  readonly type: string;
  readonly imageId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly at: Date;
}

/** Every type of event that a project is told of by itself, as programs read it. */
export const eventTypes: readonly string[] = [
  ...shareKinds.map((kind) => `vitrine.share.${kind}`),
  ...['made', 'approved', 'declined'].map((state) => `vitrine.request.${state}`),
  ...['promoted', 'rolled_back', 'deprecated'].map((kind) => `vitrine.family.${kind}`),
];

/** Something that happened to a family. */
export interface FamilyEntry {
  readonly kind: 'promoted' | 'rolled_back' | 'deprecated';
  readonly imageId: string;
  readonly at: Date;
  readonly details: Readonly<Record<string, string | null>>;
}

/** What one project is told of a family. */
export function familyEvent(
  projectId: string,
  { owner, name }: Pick<Family, 'owner' | 'name'>,
  { id, kind, imageId, at, details }: FamilyEntry & { readonly id: string },
): ProjectEvent {
  const data = { owner, family: name, image_id: imageId, ...details };
  return { projectId, id, type: `family.${kind}`, imageId, data, at };
}

/** What one project is told of a request for access. */
export function requestEvent(
  projectId: string,
  request: AccessRequest,
  { id, image, at }: { readonly id: string; readonly image: string | null; readonly at: Date },
): ProjectEvent {
  const { imageId, state, word, reason } = request;
  const type = state === 'pending' ? 'request.made' : `request.${state}`;
  const data = { request_id: request.id, image_id: imageId, image_name: image };
  const rest = { project: request.projectId, reason, word };
  return { projectId, id, type, imageId, data: { ...data, ...rest }, at };
}

/** Who is told of what happens to a share; whoever did it too, since it may have many programs. */
const told: Readonly<Record<ShareKind, readonly ('owner' | 'consumer')[]>> = {
  offered: ['consumer', 'owner'],
  changed: ['consumer', 'owner'],
  answered: ['consumer', 'owner'],
  left: ['consumer', 'owner'],
  withdrawal_announced: ['consumer', 'owner'],
  ending: ['consumer', 'owner'],
  withdrawn: ['consumer', 'owner'],
  expired: ['consumer', 'owner'],
  downloaded: ['owner'],
};

/**
 * What both sides are told of an entry of the share log.
 *
 * @param isMuted whether the consumer does not want to hear of this producer
 */
export function eventsOf(
  entry: ShareEntry,
  image: Pick<Image, 'id' | 'name' | 'owner'>,
  { id, isMuted }: { readonly id: string; readonly isMuted: boolean },
): readonly ProjectEvent[] {
  const hearers = { owner: image.owner, consumer: isMuted ? null : entry.projectId };
  const projects = new Set(told[entry.kind].map((one) => hearers[one]));
  const data = {
    image_id: image.id,
    image_name: image.name,
    owner: image.owner,
    member: entry.projectId,
    ...entry.details,
  };
  return [...projects]
    .filter((projectId) => projectId !== null)
    .map((projectId) => ({
      projectId,
      id,
      type: `share.${entry.kind}`,
      imageId: image.id,
      data,
      at: entry.at,
    }));
}
