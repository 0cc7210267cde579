import type { Static } from 'typebox';
import type { GroupDocument, listGroups as listOperation } from '../api/vitrine/groups.ts';
import type { Session } from './session.ts';

const root = '/vitrine/v1/groups';

/** A group with its projects and images. */
export type GroupBody = Static<typeof GroupDocument>;

/** The groups of the session's project. @throws ApiError */
export async function listGroups(session: Session) {
  const answer = await session.call('image', { path: root });
  return (answer as Static<NonNullable<typeof listOperation.answer>>).groups;
}

/** A group by its name. @throws ApiError */
export async function getGroup(session: Session, name: string): Promise<GroupBody> {
  return (await session.call('image', { path: pathOf(name) })) as GroupBody;
}

/** Makes a group, or says something else of it. @throws ApiError */
export async function putGroup(
  session: Session,
  name: string,
  note: string | null,
): Promise<GroupBody> {
  const request = { method: 'PUT', path: pathOf(name), body: { note } } as const;
  return (await session.call('image', request)) as GroupBody;
}

/** Removes a group, and what its projects have by it alone. @throws ApiError */
export async function deleteGroup(session: Session, name: string): Promise<void> {
  await session.call('image', { method: 'DELETE', path: pathOf(name) });
}

/** Something in a group: a project by its id or name, or an image by its id. */
export interface GroupPart {
  readonly kind: 'members' | 'images';
  readonly id: string;
}

/** Has a project join, or shares an image with all in the group. @throws ApiError */
export async function addToGroup(
  session: Session,
  name: string,
  { kind, id }: GroupPart,
): Promise<GroupBody> {
  const request = { method: 'PUT', path: pathOf(name, kind, id) } as const;
  return (await session.call('image', request)) as GroupBody;
}

/** Has a project leave, or takes an image out. @throws ApiError */
export async function removeFromGroup(
  session: Session,
  name: string,
  { kind, id }: GroupPart,
): Promise<void> {
  await session.call('image', { method: 'DELETE', path: pathOf(name, kind, id) });
}

function pathOf(...parts: readonly string[]): string {
  return [root, ...parts.map(encodeURIComponent)].join('/');
}
