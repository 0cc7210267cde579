import type { Caller } from '../../src/domain/caller.ts';
import { type Image, newImage } from '../../src/domain/image.ts';
import type { ProjectLimits } from '../../src/domain/quota.ts';
import { withImplied } from '../../src/domain/role.ts';

/** A caller whose token is for `projectId`; without one it is unscoped. */
export function callerOf(projectId: string | null, ...roles: readonly string[]): Caller {
  return {
    userId: 'user',
    projectId,
    roles: withImplied(roles),
    projectDomainId: projectId === null ? null : 'default',
    scope: projectId === null ? 'unscoped' : 'project',
  };
}

/** A queued image of the project `owner`, but for what is said otherwise. */
export function imageWith(changes: Partial<Image> = {}): Image {
  const given = { id: 'the image', owner: 'owner', now: new Date(0) };
  return { ...newImage({ properties: new Map() }, given), ...changes };
}

/** The same image with its properties in a plain map, however they are kept: assertions compare classes too. */
export function withPlainProperties(image: Image): Image {
  return { ...image, properties: new Map(image.properties) };
}

/** No limit at all. */
export const unlimited: ProjectLimits = {
  images: -1,
  storage: -1,
  staging: -1,
  uploads: -1,
  members: -1,
  properties: -1,
  tags: -1,
  imageSize: -1,
};
