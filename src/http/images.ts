import type { FastifyInstance, FastifyRequest } from 'fastify';
import { imageJson, shownJson } from '../api/image-document.ts';
import { parseImageDraft } from '../api/image-draft.ts';
import { imageListJson } from '../api/image-list-document.ts';
import { type PatchDialect, parseImagePatch, patchMediaTypes } from '../api/image-patch.ts';
import { type PageSizes, parseImageQuery } from '../api/image-query.ts';
import type { ImageSchema } from '../api/image-schema.ts';
import type { ImportRules } from '../api/import-document.ts';
import { parseJsonBody, parseJsonObject } from '../api/json-body.ts';
import { DomainError } from '../domain/errors.ts';
import type { Images } from '../service/images.ts';
import { bodyOf, refuseBody } from './body.ts';
import { baseUrl, queryOf, sendJsonText } from './reply.ts';

export interface ImageRoutesOptions {
  readonly images: Images;
  readonly pageSizes: PageSizes;
  readonly imageSchema: ImageSchema;
  readonly publicEndpoint: string | undefined;
  readonly importRules: Pick<ImportRules, 'methods' | 'stores'>;
}

interface ImageParams {
  Params: { imageId: string };
}

/** The records of images. @see Images API v2, "Images" */
export function imageRoutes(app: FastifyInstance, options: ImageRoutesOptions): void {
  const { images, pageSizes, imageSchema, publicEndpoint, importRules } = options;

  app.post('/v2/images', async (request, reply) => {
    const { draft, readOnly } = parseImageDraft(parseJsonObject(bodyOf(request)), imageSchema);
    const image = await images.create(request.caller, draft, readOnly);
    reply.header('location', `${baseUrl(request, publicEndpoint)}/v2/images/${image.id}`);
    reply.headers(waysIn(importRules));
    return sendJsonText(reply, 201, imageJson(image));
  });

  app.get('/v2/images', async (request, reply) => {
    const parameters = queryOf(request);
    const query = parseImageQuery(parameters, pageSizes);
    const page = await images.list(request.caller, query);
    return sendJsonText(reply, 200, imageListJson(page, parameters));
  });

  app.get<ImageParams>('/v2/images/:imageId', { onRequest: refuseBody }, async (request, reply) => {
    const image = await images.show(request.caller, request.params.imageId);
    return sendJsonText(reply, 200, shownJson(image));
  });

  app.patch<ImageParams>('/v2/images/:imageId', async (request, reply) => {
    const dialect = patchDialect(request);
    if (!dialect) {
      const types = Object.keys(patchMediaTypes).join(', ');
      reply.header('accept-patch', types);
      throw new DomainError('UnsupportedMediaType', `Content-Type: must be one of ${types}.`);
    }
    const changes = parseImagePatch(parseJsonBody(bodyOf(request)), dialect, imageSchema);
    const image = await images.change(request.caller, request.params.imageId, changes);
    return sendJsonText(reply, 200, imageJson(image));
  });

  app.delete<ImageParams>(
    '/v2/images/:imageId',
    { onRequest: refuseBody },
    async (request, reply) => {
      await images.delete(request.caller, request.params.imageId);
      return reply.code(204).send();
    },
  );
}

/** How and where the data of a new image can come in; a header without a value is none (RFC 9110). */
function waysIn({ methods, stores }: ImageRoutesOptions['importRules']) {
  return {
    ...(methods.length > 0 && { 'openstack-image-import-methods': methods.join(',') }),
    ...(stores.length > 0 && { 'openstack-image-store-ids': stores.join(',') }),
  };
}

function patchDialect(request: FastifyRequest): PatchDialect | undefined {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  return Object.entries(patchMediaTypes).find(([name]) => name === type)?.[1];
}
