import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { wishesIn, wishForEncoding } from './accept.ts';

/** Shorter answers fit one packet anyway; bytes. */
const minSize = 1024;

const compress = promisify(gzip);

/**
 * Compresses long JSON answers for clients that take gzip. Image data never comes this way: it goes
 * from the store straight to the socket, and mostly is compressed already.
 */
export function compressJson(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply, payload) => {
    if (!isLongJson(reply, payload)) return payload;
    const vary = [reply.getHeader('vary') ?? [], 'Accept-Encoding'].flat();
    reply.header('vary', vary.join(', '));
    if (!takesGzip(request)) return payload;
    reply.header('content-encoding', 'gzip').removeHeader('content-length');
    return compress(payload);
  });
}

function isLongJson(reply: FastifyReply, payload: unknown): payload is string | Uint8Array {
  if (typeof payload !== 'string' && !(payload instanceof Uint8Array)) return false;
  const size = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
  const type = String(reply.getHeader('content-type') ?? '');
  return size > minSize && /^application\/json\b/.test(type);
}

/** @see RFC 9110, 12.5.3 */
function takesGzip({ headers }: FastifyRequest): boolean {
  return wishForEncoding(wishesIn(headers['accept-encoding']), 'gzip') > 0;
}
