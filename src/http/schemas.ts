import type { FastifyInstance } from 'fastify';
import { schemaDocuments } from '../api/schemas.ts';
import { refuseBody } from './body.ts';
import { sendJsonText } from './reply.ts';

/** The schema documents, which never change while the service runs. @see Images API v2, "Image schemas" */
export function schemaRoutes(app: FastifyInstance): void {
  for (const [path, document] of Object.entries(schemaDocuments)) {
    const text = JSON.stringify(document);
    app.get(path, { onRequest: refuseBody }, async (_request, reply) =>
      sendJsonText(reply, 200, text),
    );
  }
}
