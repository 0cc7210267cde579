import type { FastifyInstance } from 'fastify';
import type { Switches } from '../service/switches.ts';
import { refuseBody } from './body.ts';

interface ActionParams {
  Params: { imageId: string };
}

/** Switching an image's data off and on. @see Images API v2, "Image actions" */
export function actionRoutes(app: FastifyInstance, switches: Switches): void {
  for (const action of ['deactivate', 'reactivate'] as const) {
    app.post<ActionParams>(
      `/v2/images/:imageId/actions/${action}`,
      { onRequest: refuseBody },
      async (request, reply) => {
        await switches.turn(request.caller, request.params.imageId, action);
        return reply.code(204).send();
      },
    );
  }
}
