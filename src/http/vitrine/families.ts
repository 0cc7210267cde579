import type { FastifyInstance } from 'fastify';
import {
  currentDocument,
  deleteFamily,
  deprecate,
  familyDocument,
  familyLine,
  listFamilies,
  promote,
  rollBack,
  shareFamily,
  showCurrent,
  showFamily,
  undeprecate,
  unshareFamily,
} from '../../api/vitrine/families.ts';
import { defaultLimit, timeFrom } from '../../api/vitrine/fields.ts';
import type { Families } from '../../service/families.ts';
import { routeOperation } from './operations.ts';
import { plainPath } from './plain-path.ts';

/** An owner's images of one kind, of which one is current. */
export function familyRoutes(app: FastifyInstance, families: Families): void {
  routeOperation(app, listFamilies, async ({ caller, query }) => {
    const { side = 'own', limit = defaultLimit, marker: after = '' } = query;
    const found = await families.list(caller, { side, after, limit });
    const last = found.length === limit ? found.at(-1) : undefined;
    return { families: found.map(familyLine), ...(last && { next: last.id }) };
  });

  routeOperation(app, showFamily, async ({ caller, path }) =>
    familyDocument(await families.show(caller, plainPath(path))),
  );

  routeOperation(app, deleteFamily, ({ caller, path }) => families.remove(caller, plainPath(path)));

  routeOperation(app, showCurrent, async ({ caller, path }) =>
    currentDocument(await families.current(caller, plainPath(path))),
  );

  routeOperation(app, promote, async ({ caller, path, body, request }) => {
    request.auditImage = body.image_id;
    return familyDocument(await families.promote(caller, plainPath(path), body.image_id));
  });

  routeOperation(app, rollBack, async ({ caller, path }) =>
    familyDocument(await families.rollBack(caller, plainPath(path))),
  );

  memberRoutes(app, families);
}

/** Whom a family is shared with, and what is said of its versions. */
function memberRoutes(app: FastifyInstance, families: Families): void {
  routeOperation(app, deprecate, async ({ caller, path, body }) => {
    const { imageId } = plainPath(path);
    const at = timeFrom('deprecated_at', body.deprecated_at);
    const said = { imageId, at, replacementId: body.replacement_id ?? null };
    return familyDocument(await families.deprecate(caller, path, said));
  });

  routeOperation(app, undeprecate, async ({ caller, path }) => {
    const { imageId } = plainPath(path);
    await families.deprecate(caller, path, { imageId, at: null, replacementId: null });
  });

  routeOperation(app, shareFamily, async ({ caller, path, body }) => {
    const { memberId } = plainPath(path);
    const note = body.note?.trim() ? body.note : null;
    return familyDocument(await families.share(caller, path, { memberId, note }));
  });

  routeOperation(app, unshareFamily, ({ caller, path }) =>
    families.unshare(caller, plainPath(path), path.memberId),
  );
}
