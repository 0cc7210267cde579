import { createHash, timingSafeEqual } from 'node:crypto';
import { BlockList, isIPv6 } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendError } from '../error-handler.ts';
import { exposition, type ProcessMetrics } from './exposition.ts';

export interface MetricsOptions {
  /** Whoever has it may read; without one, whoever asks from this machine, past no proxy. */
  readonly metricsToken: string | undefined;
  /** Of all processes of this machine that serve together. */
  readonly readMetrics: () => Promise<readonly ProcessMetrics[]>;
}

/**
 * What operators watch, in the text format of Prometheus. Nothing in it is about a project, an image or a user.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function metricsRoutes(
  app: FastifyInstance,
  { metricsToken, readMetrics }: MetricsOptions,
): void {
  const refuse = metricsToken === undefined ? refuseOthers : refuseWithout(metricsToken);
  app.get('/metrics', async (request, reply) => {
    if (refuse(request, reply)) return reply;
    const { contentType, text } = await exposition(await readMetrics());
    return reply.header('content-type', contentType).send(text);
  });
}

/** Answers whoever may not read, and says that it did. */
type Refuse = (request: FastifyRequest, reply: FastifyReply) => boolean;

function refuseWithout(token: string): Refuse {
  const wanted = digestOf(token);
  return (request, reply) => {
    const given = /^bearer +(.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    // Digests are as long as each other, whatever was given.
    if (given !== undefined && timingSafeEqual(digestOf(given), wanted)) return false;
    reply.header('www-authenticate', 'Bearer realm="metrics"');
    sendError(request, reply, 401, 'The metrics want the metrics_token as a bearer token.');
    return true;
  };
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/** What proxies add: with one of them, the address says where the proxy is, and nothing of who asks. */
const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

const refuseOthers: Refuse = (request, reply) => {
  const address = request.socket.remoteAddress ?? '';
  const isHere = loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  if (isHere && !proxyHeaders.some((name) => name in request.headers)) return false;
  sendError(
    request,
    reply,
    403,
    'The metrics are for this machine alone, unless the operator sets metrics_token.',
  );
  return true;
};
