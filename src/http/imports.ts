import type { FastifyInstance } from 'fastify';
import { type ImportRules, importMethodsDocument, parseImport } from '../api/import-document.ts';
import { parseJsonObject } from '../api/json-body.ts';
import type { Imports } from '../service/imports.ts';
import { tokenOf } from './authentication.ts';
import { bodyOf, refuseBody } from './body.ts';
import { storeOf } from './image-data.ts';
import { sendJson } from './reply.ts';

export interface ImportRoutesOptions {
  readonly imports: Imports;
  readonly importRules: ImportRules;
}

interface ImageParams {
  Params: { imageId: string };
}

/** Importing data, and the ways in which it can be. @see Images API v2, "Import an image" and "Discovery" */
export function importRoutes(
  app: FastifyInstance,
  { imports, importRules }: ImportRoutesOptions,
): void {
  app.get('/v2/info/import', { onRequest: refuseBody }, async (_request, reply) =>
    sendJson(reply, 200, importMethodsDocument(importRules.methods)),
  );

  app.post<ImageParams>('/v2/images/:imageId/import', async (request, reply) => {
    const body = parseJsonObject(bodyOf(request));
    await imports.begin(request.caller, request.params.imageId, {
      request: parseImport(body, storeOf(request), importRules),
      requestId: request.id,
      token: tokenOf(request.headers),
    });
    return reply.code(202).send();
  });
}
