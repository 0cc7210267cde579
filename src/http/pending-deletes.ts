import type { FastifyInstance } from 'fastify';
import { imageJson } from '../api/image-document.ts';
import type { PendingDeletes } from '../service/pending-deletes.ts';
import { refuseBody } from './body.ts';
import { sendJsonText } from './reply.ts';

interface ImageParams {
  Params: { imageId: string };
}

/** Bringing deleted images back; for admins. */
export function pendingDeleteRoutes(app: FastifyInstance, pendingDeletes: PendingDeletes): void {
  app.post<ImageParams>(
    '/vitrine/v1/images/:imageId/restore',
    { onRequest: refuseBody },
    async (request, reply) => {
      const image = await pendingDeletes.restore(request.caller, request.params.imageId);
      return sendJsonText(reply, 200, imageJson(image));
    },
  );
}
