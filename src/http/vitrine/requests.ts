import type { FastifyInstance } from 'fastify';
import { defaultLimit } from '../../api/vitrine/fields.ts';
import {
  approveRequest,
  askForImage,
  declineRequest,
  listAccessRequests,
  listCatalogue,
  listedDocument,
  listImage,
  requestDocument,
  unlistImage,
  withdrawRequest,
} from '../../api/vitrine/requests.ts';
import { termsFrom } from '../../api/vitrine/terms.ts';
import type { AccessRequests } from '../../service/access-requests.ts';
import { routeOperation } from './operations.ts';

/** Asking for images of others. */
export function requestRoutes(app: FastifyInstance, requests: AccessRequests): void {
  routeOperation(app, askForImage, async ({ caller, body }) =>
    requestDocument(await requests.ask(caller, body.image_id, body.reason)),
  );

  routeOperation(app, listAccessRequests, async ({ caller, query }) => {
    const { side = 'made', limit = defaultLimit, marker } = query;
    const page = await requests.list(caller, side, { limit, marker });
    return {
      requests: page.items.map((request) => requestDocument(request, page.names)),
      ...(page.next !== undefined && { next: page.next }),
    };
  });

  routeOperation(app, approveRequest, async ({ caller, path, body }) =>
    requestDocument(await requests.approve(caller, path.requestId, termsFrom(body))),
  );

  routeOperation(app, declineRequest, async ({ caller, path, body }) =>
    requestDocument(await requests.decline(caller, path.requestId, body.word ?? null)),
  );

  routeOperation(app, withdrawRequest, ({ caller, path }) =>
    requests.withdraw(caller, path.requestId),
  );
}

/** The images that may be asked for. */
export function catalogueRoutes(app: FastifyInstance, requests: AccessRequests): void {
  routeOperation(app, listCatalogue, async ({ caller, query }) => {
    const { limit = defaultLimit, marker } = query;
    const page = await requests.catalogue(caller, { limit, marker });
    return {
      images: page.items.map((listed) => listedDocument(listed, page.names)),
      ...(page.next !== undefined && { next: page.next }),
    };
  });

  routeOperation(app, listImage, ({ caller, path, body }) =>
    requests.listImage(caller, path.imageId, body.summary ?? null),
  );

  routeOperation(app, unlistImage, ({ caller, path }) =>
    requests.unlistImage(caller, path.imageId),
  );
}
