import type { FastifyInstance } from 'fastify';
import { timeFrom } from '../../api/vitrine/fields.ts';
import {
  listShares,
  putShare,
  putShares,
  shareDocument,
  showShare,
  withdrawShare,
  withdrawShares,
} from '../../api/vitrine/shares.ts';
import { termsFrom } from '../../api/vitrine/terms.ts';
import type { Names } from '../../service/names.ts';
import { checkWithdrawal, type ShareWithdrawals } from '../../service/share-withdrawals.ts';
import type { Shares } from '../../service/shares.ts';
import { tellUnknown } from '../members.ts';
import { routeOperation } from './operations.ts';

export interface ShareRoutesOptions {
  readonly shares: Shares;
  readonly withdrawals: ShareWithdrawals;
  readonly names: Names;
}

/** What an owner says of its shares. */
export function shareRoutes(
  app: FastifyInstance,
  { shares, withdrawals, names }: ShareRoutesOptions,
): void {
  withdrawalRoutes(app, withdrawals);
  routeOperation(app, listShares, async ({ caller, path }) => {
    const found = await shares.list(caller, path.imageId);
    return {
      shares: found.shares.map((share) => shareDocument(share, found.names, found.downloads)),
    };
  });

  routeOperation(app, showShare, async ({ caller, path }) => {
    const share = await shares.show(caller, path.imageId, path.memberId);
    return shareDocument(share, await names.ofProjects([share.projectId]));
  });

  routeOperation(app, putShare, async ({ caller, path, body, request, reply }) => {
    const { imageId, memberId } = path;
    const { share, found } = await shares.put(caller, imageId, memberId, termsFrom(body));
    request.auditTarget = share.projectId;
    tellUnknown(request, reply, { memberId, found });
    return shareDocument(share, await names.ofProjects([share.projectId]));
  });

  routeOperation(app, putShares, async ({ caller, body }) => {
    const { images, members, all_or_nothing: allOrNothing = false } = body;
    const asked = { images, members, terms: termsFrom(body), allOrNothing };
    return { results: [...(await shares.putMany(caller, asked))] };
  });

  routeOperation(app, withdrawShare, async ({ caller, path, body }) => {
    const { imageId, memberId } = path;
    const at = timeFrom('at', body.at) ?? new Date(0);
    const announced = { reason: body.reason ?? '', at };
    const share = await shares.withdraw(caller, imageId, memberId, announced);
    return shareDocument(share, await names.ofProjects([share.projectId]));
  });
}

/** Taking back many shares at once. */
function withdrawalRoutes(app: FastifyInstance, withdrawals: ShareWithdrawals): void {
  routeOperation(app, withdrawShares, async ({ caller, body }) => {
    const { images, members, all = false, reason = '' } = body;
    checkWithdrawal({ images, members, all });
    const at = timeFrom('at', body.at);
    const asked = { images, members, at, reason };
    if (body.dry_run) {
      const { shares, isMore, names } = await withdrawals.preview(caller, asked);
      const documents = shares.map(({ share, downloaded }) =>
        shareDocument(share, names, new Map([[share.projectId, downloaded]])),
      );
      return { withdrawn: 0, shares: documents, more: isMore };
    }
    const { count, isMore } = await withdrawals.withdraw(caller, asked);
    return { withdrawn: count, more: isMore };
  });
}
