import type { FastifyInstance } from 'fastify';
import { namesDocument, parseNamesQuery } from '../api/names-document.ts';
import type { Names } from '../service/names.ts';
import { refuseBody } from './body.ts';
import { queryOf, sendJson } from './reply.ts';

/** What projects and users are called, for pages; Vitrine's own, no part of the Images API. */
export function nameRoutes(app: FastifyInstance, names: Names): void {
  app.get('/vitrine/v1/names', { onRequest: refuseBody }, async (request, reply) => {
    const asked = parseNamesQuery(queryOf(request));
    return sendJson(reply, 200, namesDocument(await names.find(request.caller, asked)));
  });
}
