import type { FastifyInstance } from 'fastify';
import { checkTag } from '../api/tag.ts';
import type { Tags } from '../service/tags.ts';
import { refuseBody } from './body.ts';

interface TagParams {
  Params: { imageId: string; tag: string };
}

/** The tags of an image, one at a time. @see Images API v2, "Image tags" */
export function tagRoutes(app: FastifyInstance, tags: Tags): void {
  const path = '/v2/images/:imageId/tags/:tag';

  app.put<TagParams>(path, { onRequest: refuseBody }, async (request, reply) => {
    const { imageId, tag } = request.params;
    checkTag(tag);
    await tags.add(request.caller, imageId, tag);
    return reply.code(204).send();
  });

  app.delete<TagParams>(path, { onRequest: refuseBody }, async (request, reply) => {
    const { imageId, tag } = request.params;
    checkTag(tag);
    await tags.remove(request.caller, imageId, tag);
    return reply.code(204).send();
  });
}
