import type { FastifyInstance } from 'fastify';
import type { Traffic } from './metrics/traffic.ts';

/** Refusals come in floods, and the log is told of each flood once; ms. */
const silenceInLog = 60_000;

/**
 * Closes connections beyond `max` as they come, before anything is read of them.
 *
 * @param max 0 for no limit
 */
export function limitConnections(
  app: FastifyInstance,
  max: number,
  { shed }: Pick<Traffic, 'shed'>,
): void {
  if (max === 0) return;
  app.server.maxConnections = max;
  let quietUntil = 0;
  app.server.on('drop', () => {
    shed.max_connections += 1;
    if (performance.now() < quietUntil) return;
    quietUntil = performance.now() + silenceInLog;
    app.log.warn(`Connections are refused: as many are open as max_connections allows, ${max}.`);
  });
}
