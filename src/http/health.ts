import { access } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { sendJson } from './reply.ts';

export interface HealthOptions {
  /** While this file exists the service reports itself disabled. */
  readonly disableFile: string;
  /** Rejects while the database cannot be asked. */
  readonly checkDatabase: () => Promise<void>;
  /** Whether the service is about to end. */
  readonly isClosing: () => boolean;
}

/**
 * Whether the service takes requests, for load balancers; no token is wanted.
 *
 * @see oslo.middleware's healthcheck, as Glance deploys it
 */
export function healthRoutes(app: FastifyInstance, options: HealthOptions): void {
  app.get('/healthcheck', async (request, reply) => {
    const trouble = await troubleOf(options);
    const reason = trouble ?? 'OK';
    const status = trouble === undefined ? 200 : 503;
    if (request.headers.accept?.includes('application/json')) {
      return sendJson(reply, status, { detailed: false, reasons: [reason] });
    }
    return reply.code(status).header('content-type', 'text/plain; charset=UTF-8').send(reason);
  });

  app.head('/healthcheck', async (_request, reply) =>
    reply.code((await troubleOf(options)) === undefined ? 204 : 503).send(),
  );
}

/** Why the service takes no requests; undefined when it does. */
async function troubleOf({
  disableFile,
  checkDatabase,
  isClosing,
}: HealthOptions): Promise<string | undefined> {
  if (isClosing()) return 'SHUTTING DOWN';
  if (await isDone(access(disableFile))) return 'DISABLED BY FILE';
  return (await isDone(checkDatabase())) ? undefined : 'DATABASE NOT AVAILABLE';
}

function isDone(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}
