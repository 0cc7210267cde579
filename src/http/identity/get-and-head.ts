import type { FastifyInstance, RouteHandlerMethod } from 'fastify';

/** Answers GET, and HEAD by the same answer without its body. */
export function getAndHead(app: FastifyInstance, url: string, handler: RouteHandlerMethod): void {
  app.route({ method: ['GET', 'HEAD'], url, handler });
}
