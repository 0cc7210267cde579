import { createHash, timingSafeEqual } from 'node:crypto';
import { BlockList, isIPv6 } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendError } from '../error-handler.ts';
import type { Network } from '../network.ts';
import { exposition, type ProcessMetrics } from './exposition.ts';

export interface ReadersOptions {
  /** Whoever has it may read; without one, whoever asks from this machine, past no proxy. */
  readonly metricsToken: string | undefined;
  readonly publicEndpoint: string | undefined;
  readonly network: Pick<Network, 'trustedProxies'>;
}

export interface MetricsOptions extends ReadersOptions {
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
  { readMetrics, ...options }: MetricsOptions,
): void {
  const { metricsToken } = options;
  const reads = readersBy(options);
  app.get('/metrics', async (request, reply) => {
    if (!reads(request)) return refuse(request, reply, metricsToken);
    const { contentType, text } = await exposition(await readMetrics());
    return reply.header('content-type', contentType).send(text);
  });
}

/** @see RFC 6750, 2.1 */
const scheme = 'bearer ';

/** Who may know how the service is in all its parts: whoever has the token, or without one whoever asks from this machine. */
export function readersBy({
  metricsToken,
  publicEndpoint,
  network,
}: ReadersOptions): (request: FastifyRequest) => boolean {
  // Where the operator says that there is a proxy, this machine may be anybody: not every proxy says what it is.
  const hasProxy = publicEndpoint !== undefined || network.trustedProxies.length > 0;
  if (metricsToken === undefined) return hasProxy ? () => false : isFromHere;
  const wanted = digestOf(metricsToken);
  return ({ headers }) => {
    const { authorization = '' } = headers;
    const isBearer = authorization.slice(0, scheme.length).toLowerCase() === scheme;
    // Digests are as long as each other, whatever was given.
    return isBearer && timingSafeEqual(digestOf(authorization.slice(scheme.length).trim()), wanted);
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

function isFromHere({ socket, headers }: FastifyRequest): boolean {
  const address = socket.remoteAddress ?? '';
  const isHere = loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  return isHere && !proxyHeaders.some((name) => name in headers);
}

function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  metricsToken: string | undefined,
): FastifyReply {
  if (metricsToken === undefined) {
    const text = 'The metrics are for this machine alone, unless the operator sets metrics_token.';
    sendError(request, reply, 403, text);
    return reply;
  }
  reply.header('www-authenticate', 'Bearer realm="metrics"');
  sendError(request, reply, 401, 'The metrics want the metrics_token as a bearer token.');
  return reply;
}
