import { type Static, Type } from 'typebox';
import {
  type Family,
  type FamilyMember,
  type FamilyVersion,
  versionBefore,
} from '../../domain/family.ts';
import type { Image } from '../../domain/image.ts';
import { ImageId, NoteText, nextMarker, nullable, pageQuery, Time } from './fields.ts';
import { operation } from './operation.ts';

const tag = 'families';
const path = '/vitrine/v1/families/{owner}/{name}';

const familyFields = {
  owner: Type.String({ description: 'The id of the project.' }),
  name: Type.String(),
} as const;

/** An image that is or was current. */
export const FamilyVersionDocument = Type.Object({
  number: Type.Integer(),
  image_id: Type.String(),
  is_current: Type.Boolean(),
  by_user: Type.String(),
  promoted_at: Time,
  deprecated_at: nullable(Time),
  replacement_id: nullable(Type.String({ description: 'Null for whatever is current.' })),
});

/** A family as one project sees it. */
export const FamilyDocument = Type.Object({
  ...familyFields,
  updated_at: Time,
  versions: Type.Array(FamilyVersionDocument),
  rolls_back_to: nullable(
    Type.Integer({
      description: 'The version that rolling back leads to; told to the owner alone.',
    }),
  ),
  members: Type.Optional(
    Type.Array(Type.Object({ id: Type.String(), note: nullable(Type.String()), since: Time })),
  ),
});

/** What is current in a family. */
export const CurrentDocument = Type.Object({
  ...familyFields,
  number: Type.Integer(),
  promoted_at: Time,
  deprecated_at: nullable(Time),
  replacement_id: nullable(Type.String()),
  image: Type.Object({
    id: Type.String(),
    name: nullable(Type.String()),
    status: Type.String(),
    size: nullable(Type.Integer({ description: 'Bytes' })),
    disk_format: nullable(Type.String()),
    container_format: nullable(Type.String()),
    os_hash_value: nullable(Type.String()),
  }),
});

export const listFamilies = operation({
  id: 'listFamilies',
  method: 'GET',
  path: '/vitrine/v1/families',
  tag,
  summary: 'The families of this project, or those that are shared with it',
  query: Type.Object(
    { side: Type.Optional(Type.Enum(['own', 'shared'])), ...pageQuery },
    { additionalProperties: false },
  ),
  answer: Type.Object({
    families: Type.Array(Type.Object({ ...familyFields, updated_at: Time })),
    next: nextMarker,
  }),
});

export const showFamily = operation({
  id: 'showFamily',
  method: 'GET',
  path,
  tag,
  summary: 'A family: its versions that the caller sees, and for its owner its members',
  answer: FamilyDocument,
});

export const deleteFamily = operation({
  id: 'deleteFamily',
  method: 'DELETE',
  path,
  tag,
  summary: 'Removes a family, and what its members have by it alone; the images stay',
});

export const showCurrent = operation({
  id: 'showCurrent',
  method: 'GET',
  path: `${path}/current`,
  tag,
  summary: 'The image that is current, for everybody who sees it',
  answer: CurrentDocument,
});

export const promote = operation({
  id: 'promote',
  method: 'POST',
  path: `${path}/promotion`,
  tag,
  summary: 'Makes an image current and offers it to all members; a family that is new is made',
  body: Type.Object({ image_id: ImageId }, { additionalProperties: false }),
  answer: FamilyDocument,
});

export const rollBack = operation({
  id: 'rollBack',
  method: 'POST',
  path: `${path}/rollback`,
  tag,
  summary: 'Makes that image current again that was so before',
  answer: FamilyDocument,
});

export const deprecate = operation({
  id: 'deprecate',
  method: 'PUT',
  path: `${path}/deprecations/{imageId}`,
  tag,
  summary:
    'Says from when on nobody should begin with an image of the family, and what to use instead',
  body: Type.Object(
    { deprecated_at: Time, replacement_id: Type.Optional(nullable(ImageId)) },
    { additionalProperties: false },
  ),
  answer: FamilyDocument,
});

export const undeprecate = operation({
  id: 'undeprecate',
  method: 'DELETE',
  path: `${path}/deprecations/{imageId}`,
  tag,
  summary: 'Takes that back',
});

export const shareFamily = operation({
  id: 'shareFamily',
  method: 'PUT',
  path: `${path}/members/{memberId}`,
  tag,
  summary: 'Offers the current image to a project, and each that becomes current',
  body: Type.Object({ note: Type.Optional(nullable(NoteText)) }, { additionalProperties: false }),
  answer: FamilyDocument,
});

export const unshareFamily = operation({
  id: 'unshareFamily',
  method: 'DELETE',
  path: `${path}/members/{memberId}`,
  tag,
  summary: 'Takes away what a project has by the family alone; a member may leave by itself',
});

/** A family as far as its document tells of it. */
interface Seen {
  readonly family: Family;
  readonly versions: readonly FamilyVersion[];
  readonly members: readonly FamilyMember[] | undefined;
}

/** Writes a family as its document. */
export function familyDocument({ family, versions, members }: Seen): Static<typeof FamilyDocument> {
  return {
    ...familyLine(family),
    versions: versions.map((version) => ({
      number: version.number,
      image_id: version.imageId,
      is_current: version.number === family.current,
      by_user: version.byUser,
      promoted_at: version.promotedAt.toISOString(),
      deprecated_at: version.deprecatedAt?.toISOString() ?? null,
      replacement_id: version.replacementId,
    })),
    rolls_back_to: (members && versionBefore(family, versions)?.number) ?? null,
    ...(members && {
      members: members.map(({ projectId, note, since }) => ({
        id: projectId,
        note,
        since: since.toISOString(),
      })),
    }),
  };
}

/** Writes a family as a line of a list. */
export function familyLine({ owner, name, updatedAt }: Family) {
  return { owner, name, updated_at: updatedAt.toISOString() };
}

/** Writes what is current as its document. */
export function currentDocument({
  family: { owner, name },
  version,
  image,
}: {
  readonly family: Family;
  readonly version: FamilyVersion;
  readonly image: Image;
}): Static<typeof CurrentDocument> {
  return {
    owner,
    name,
    number: version.number,
    promoted_at: version.promotedAt.toISOString(),
    deprecated_at: version.deprecatedAt?.toISOString() ?? null,
    replacement_id: version.replacementId,
    image: {
      id: image.id,
      name: image.name,
      status: image.status,
      size: image.size,
      disk_format: image.diskFormat,
      container_format: image.containerFormat,
      os_hash_value: image.osHashValue,
    },
  };
}
