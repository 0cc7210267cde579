import { type Static, Type } from 'typebox';
import type { ShareGroup } from '../../domain/share-group.ts';
import { NamedProject, NoteText, nullable, Time } from './fields.ts';
import { operation } from './operation.ts';

const tag = 'groups';
const path = '/vitrine/v1/groups/{name}';

const groupFields = {
  name: Type.String(),
  note: nullable(Type.String({ description: 'What goes with each offer.' })),
  created_at: Time,
} as const;

/** A group with its projects and images. */
export const GroupDocument = Type.Object({
  ...groupFields,
  members: Type.Array(NamedProject),
  images: Type.Array(Type.String()),
});

export const listGroups = operation({
  id: 'listGroups',
  method: 'GET',
  path: '/vitrine/v1/groups',
  tag,
  summary: 'The lists of projects that this project shares the same images with',
  answer: Type.Object({ groups: Type.Array(Type.Object(groupFields)) }),
});

export const showGroup = operation({
  id: 'showGroup',
  method: 'GET',
  path,
  tag,
  summary: 'A group with its projects and images',
  answer: GroupDocument,
});

export const putGroup = operation({
  id: 'putGroup',
  method: 'PUT',
  path,
  tag,
  summary: 'Makes a group, or says something else of it',
  body: Type.Object({ note: Type.Optional(nullable(NoteText)) }, { additionalProperties: false }),
  answer: GroupDocument,
});

export const deleteGroup = operation({
  id: 'deleteGroup',
  method: 'DELETE',
  path,
  tag,
  summary: 'Removes a group, and what its projects have by it alone',
});

export const addGroupMember = operation({
  id: 'addGroupMember',
  method: 'PUT',
  path: `${path}/members/{memberId}`,
  tag,
  summary: 'Has a project join: it is offered every image of the group',
  answer: GroupDocument,
});

export const removeGroupMember = operation({
  id: 'removeGroupMember',
  method: 'DELETE',
  path: `${path}/members/{memberId}`,
  tag,
  summary: 'Has a project leave: it loses what it has by the group alone',
});

export const addGroupImage = operation({
  id: 'addGroupImage',
  method: 'PUT',
  path: `${path}/images/{imageId}`,
  tag,
  summary: 'Offers an image to every project of the group, and to each that joins',
  answer: GroupDocument,
});

export const removeGroupImage = operation({
  id: 'removeGroupImage',
  method: 'DELETE',
  path: `${path}/images/{imageId}`,
  tag,
  summary: 'Takes an image away from those who have it by the group alone',
});

/** A group as far as its document tells of it. */
interface Full {
  readonly group: ShareGroup;
  readonly members: readonly string[];
  readonly images: readonly string[];
  readonly names: ReadonlyMap<string, string>;
}

/** Writes a group as its document. */
export function groupDocument({
  group,
  members,
  images,
  names,
}: Full): Static<typeof GroupDocument> {
  return {
    ...groupLine(group),
    members: members.map((id) => ({ id, name: names.get(id) ?? null })),
    images: [...images],
  };
}

/** Writes a group as a line of a list. */
export function groupLine({ name, note, createdAt }: ShareGroup) {
  return { name, note, created_at: createdAt.toISOString() };
}
