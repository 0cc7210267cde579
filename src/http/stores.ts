import type { FastifyInstance } from 'fastify';
import { storesDetailDocument, storesDocument } from '../api/store-document.ts';
import type { StoreCopies } from '../service/store-copies.ts';
import { refuseBody } from './body.ts';
import { sendJson } from './reply.ts';

interface CopyParams {
  Params: { storeId: string; imageId: string };
}

/** Several stores; where there is but one, there are no such calls. @see Images API v2, "Stores" */
export function storeRoutes(app: FastifyInstance, copies: StoreCopies): void {
  if (!copies.isSeveral) return;

  app.get('/v2/info/stores', { onRequest: refuseBody }, async (_request, reply) =>
    sendJson(reply, 200, storesDocument(copies.list())),
  );

  app.get('/v2/info/stores/detail', { onRequest: refuseBody }, async (request, reply) =>
    sendJson(reply, 200, storesDetailDocument(copies.listInDetail(request.caller))),
  );

  app.delete<CopyParams>(
    '/v2/stores/:storeId/:imageId',
    { onRequest: refuseBody },
    async (request, reply) => {
      const { storeId, imageId } = request.params;
      request.auditTarget = storeId;
      await copies.remove(request.caller, storeId, imageId);
      return reply.code(204).send();
    },
  );
}
