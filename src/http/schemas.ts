import type { FastifyInstance } from 'fastify';
import type { ImageSchema } from '../api/image-schema.ts';
import { refuseBody } from './body.ts';
import { sendJsonText } from './reply.ts';

/** The schema documents, which never change while the service runs. @see Images API v2, "Image schemas" */
export function schemaRoutes(app: FastifyInstance, { documents }: ImageSchema): void {
  for (const [path, document] of Object.entries(documents)) {
    const text = JSON.stringify(document);
    app.get(path, { onRequest: refuseBody }, async (_request, reply) =>
      sendJsonText(reply, 200, text),
    );
  }
}
