import { access } from 'node:fs/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { queryOf, sendJson } from './reply.ts';

export interface HealthOptions {
  /** While this file exists the service reports itself disabled. */
  readonly disableFile: string;
  /** Rejects while the database cannot be asked. */
  readonly checkDatabase: () => Promise<void>;
  readonly checkStores: () => Promise<readonly { readonly id: string; readonly isUp: boolean }[]>;
  /** Whether a store that is away makes the service unwell. */
  readonly needsStores: boolean;
  /** Whether the service is about to end. */
  readonly isClosing: () => boolean;
}

/** One thing that was looked at, in the words of oslo.middleware. */
interface Finding {
  /** What looked. */
  readonly class: 'Service' | 'DisableByFile' | 'Database' | 'Store';
  /** `OK`, or what is wrong. */
  readonly reason: string;
  /** Which of several. */
  readonly details: string;
  /** Whether the service takes requests all the same. */
  readonly isWell: boolean;
}

/** How long the database is waited for, ms. */
const patience = 5000;

/**
 * Whether the service takes requests, for load balancers; no token is wanted. Every answer is of a look that was made for it or a
 * moment before, so nothing has to be started again for it to be well.
 *
 * @param mayKnow whether a caller is told of each part, if it asks for `?detailed`
 * @see oslo.middleware's healthcheck, as Glance deploys it
 */
export function healthRoutes(
  app: FastifyInstance,
  options: HealthOptions,
  mayKnow: (request: FastifyRequest) => boolean,
): void {
  app.get('/healthcheck', async (request, reply) => {
    const findings = await findingsOf(options);
    const status = statusOf(findings);
    const wantsAll = queryOf(request).has('detailed') && mayKnow(request);
    if (wantsAll) {
      const reasons = findings.map(({ class: by, reason, details }) => ({
        class: by,
        reason,
        details,
      }));
      return sendJson(reply, status, { detailed: true, now: new Date().toISOString(), reasons });
    }
    const reasons = reasonsOf(findings);
    if (request.headers.accept?.includes('application/json')) {
      return sendJson(reply, status, { detailed: false, reasons });
    }
    reply.code(status).header('content-type', 'text/plain; charset=UTF-8');
    return reply.send(reasons.join('\n'));
  });

  app.head('/healthcheck', async (_request, reply) => {
    const isWell = statusOf(await findingsOf(options)) === 200;
    return reply.code(isWell ? 204 : 503).send();
  });
}

function statusOf(findings: readonly Finding[]): number {
  return findings.every(({ isWell }) => isWell) ? 200 : 503;
}

/** What keeps the service from taking requests, a line each. */
function reasonsOf(findings: readonly Finding[]): readonly string[] {
  const troubles = findings.filter(({ isWell }) => !isWell);
  return troubles.length === 0 ? ['OK'] : troubles.map(({ reason }) => reason);
}

async function findingsOf(options: HealthOptions): Promise<readonly Finding[]> {
  if (options.isClosing()) return [finding('Service', 'SHUTTING DOWN')];
  if (await isDone(access(options.disableFile))) {
    return [finding('DisableByFile', 'DISABLED BY FILE')];
  }
  const [isThere, stores] = await Promise.all([
    isDone(options.checkDatabase()),
    options.checkStores(),
  ]);
  return [
    finding('Database', isThere ? undefined : 'DATABASE NOT AVAILABLE'),
    ...stores.map(({ id, isUp }): Finding => {
      const found = finding('Store', isUp ? undefined : `STORE ${id} NOT AVAILABLE`, id);
      return { ...found, isWell: isUp || !options.needsStores };
    }),
  ];
}

function finding(by: Finding['class'], trouble: string | undefined, details = ''): Finding {
  return { class: by, reason: trouble ?? 'OK', details, isWell: trouble === undefined };
}

function isDone(work: Promise<unknown>): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => {
    setTimeout(resolve, patience, false).unref();
  });
  const done = work.then(
    () => true,
    () => false,
  );
  return Promise.race([done, late]);
}
