import type { FastifyInstance } from 'fastify';
import {
  addGroupImage,
  addGroupMember,
  deleteGroup,
  groupDocument,
  groupLine,
  listGroups,
  putGroup,
  removeGroupImage,
  removeGroupMember,
  showGroup,
} from '../../api/vitrine/groups.ts';
import type { ShareGroups } from '../../service/share-groups.ts';
import { routeOperation } from './operations.ts';
import { plainPath } from './plain-path.ts';

/** An owner's lists of projects that are given the same images. */
export function groupRoutes(app: FastifyInstance, groups: ShareGroups): void {
  routeOperation(app, listGroups, async ({ caller }) => ({
    groups: (await groups.list(caller)).map(groupLine),
  }));

  routeOperation(app, showGroup, async ({ caller, path }) =>
    groupDocument(await groups.show(caller, plainPath(path).name)),
  );

  routeOperation(app, putGroup, async ({ caller, path, body }) => {
    const note = body.note?.trim() ? body.note : null;
    return groupDocument(await groups.put(caller, plainPath(path).name, note));
  });

  routeOperation(app, deleteGroup, ({ caller, path }) =>
    groups.remove(caller, plainPath(path).name),
  );

  routeOperation(app, addGroupMember, async ({ caller, path }) => {
    const { name, memberId } = plainPath(path);
    return groupDocument(await groups.addMember(caller, name, memberId));
  });

  routeOperation(app, removeGroupMember, ({ caller, path }) => {
    const { name, memberId } = plainPath(path);
    return groups.removeMember(caller, name, memberId);
  });

  routeOperation(app, addGroupImage, async ({ caller, path }) => {
    const { name, imageId } = plainPath(path);
    return groupDocument(await groups.addImage(caller, name, imageId));
  });

  routeOperation(app, removeGroupImage, ({ caller, path }) => {
    const { name, imageId } = plainPath(path);
    return groups.removeImage(caller, name, imageId);
  });
}
