import type { FastifyInstance } from 'fastify';
import { parseJsonObject } from '../api/json-body.ts';
import { parseNewLocation } from '../api/location-document.ts';
import type { Locations } from '../service/locations.ts';
import { bodyOf } from './body.ts';
import { sendJson } from './reply.ts';

interface ImageParams {
  Params: { imageId: string };
}

/** Where data lies, for services. @see Images API v2, "Locations" (2.17) */
export function locationRoutes(app: FastifyInstance, locations: Locations): void {
  const path = '/v2/images/:imageId/locations';

  app.get<ImageParams>(path, async (request, reply) =>
    sendJson(reply, 200, await locations.list(request.caller, request.params.imageId)),
  );

  app.post<ImageParams>(path, async (request, reply) => {
    const location = parseNewLocation(parseJsonObject(bodyOf(request)));
    const requestId = request.id;
    await locations.add(request.caller, request.params.imageId, { location, requestId });
    return reply.code(202).send();
  });
}
