import { access } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { sendJson } from './reply.ts';

/**
 * Whether the service takes requests, for load balancers; no token is wanted.
 *
 * @param disableFile while this file exists the service reports itself disabled
 * @see oslo.middleware's healthcheck, as Glance deploys it
 */
export function healthRoutes(app: FastifyInstance, disableFile: string): void {
  app.get('/healthcheck', async (request, reply) => {
    const disabled = await exists(disableFile);
    const reason = disabled ? 'DISABLED BY FILE' : 'OK';
    const status = disabled ? 503 : 200;
    if (request.headers.accept?.includes('application/json')) {
      return sendJson(reply, status, { detailed: false, reasons: [reason] });
    }
    return reply.code(status).header('content-type', 'text/plain; charset=UTF-8').send(reason);
  });

  app.head('/healthcheck', async (_request, reply) =>
    reply.code((await exists(disableFile)) ? 503 : 204).send(),
  );
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
