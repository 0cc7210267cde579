import type { FastifyInstance, FastifyRequest, HTTPMethods } from 'fastify';
import { sendError } from './error-handler.ts';

/** In the order in which `Allow` names them. */
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/**
 * Answers 405 with `Allow` for known paths asked by another method, once `register` has made
 * every route in a scope of its own; HEAD is a method like any other and is never answered by GET's route.
 *
 * @see Images API v2; Glance's router
 */
export async function refuseOtherMethods(
  app: FastifyInstance,
  register: (routes: FastifyInstance) => Promise<void>,
): Promise<void> {
  const known = new Map<string, string[]>();
  app.addHook('onRoute', ({ url, method }) => {
    known.set(url, [...(known.get(url) ?? []), ...[method].flat()]);
  });
  // What the hooks of that scope refuse comes after the method, which is not theirs to look at.
  await app.register(register);
  for (const [url, allowed] of [...known]) refuse(app, url, allowed);
}

function refuse(app: FastifyInstance, url: string, allowed: readonly string[]): void {
  const method: HTTPMethods[] = app.supportedMethods.filter((name) => !allowed.includes(name));
  const allow = methods.filter((name) => allowed.includes(name)).join(', ');
  app.route({
    method,
    url,
    handler: async (request: FastifyRequest, reply) => {
      reply.header('allow', allow);
      sendError(request, reply, 405, `${request.method} is not supported here; use ${allow}.`);
      return reply;
    },
  });
}
