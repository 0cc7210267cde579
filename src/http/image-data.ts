import { once } from 'node:events';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ByteRange, requestedRange } from '../api/byte-range.ts';
import { DomainError } from '../domain/errors.ts';
import type { Image } from '../domain/image.ts';
import type { Download, ImageData, Sent } from '../service/image-data.ts';
import type { Staging } from '../service/staging.ts';
import { type AccelRedirect, accelRedirectOf } from './accel-redirect.ts';
import { refuseBody } from './body.ts';
import type { Traffic } from './metrics/traffic.ts';
import type { Network } from './network.ts';
import { queryOf } from './reply.ts';
import { sendData } from './send-data.ts';
import { loadSendfile, type Sendfile } from './sendfile.ts';
import type { UploadPlaces } from './upload-places.ts';

interface ImageParams {
  Params: { imageId: string };
}

export interface ImageDataRoutesOptions {
  readonly imageData: ImageData;
  /** Undefined where no data is staged. */
  readonly staging: Staging | undefined;
  readonly places: UploadPlaces;
  readonly traffic: Pick<Traffic, 'bytes'>;
  readonly network: Pick<Network, 'usesSendfile' | 'accelRedirect' | 'trustedProxies'>;
  /** Aborted when the service stops for good: running transfers end then. */
  readonly stopping: AbortSignal;
}

/** The data of images. @see Images API v2, "Image data" */
export async function imageDataRoutes(
  app: FastifyInstance,
  options: ImageDataRoutesOptions,
): Promise<void> {
  const { imageData, staging, stopping, places, traffic } = options;
  const sending = sendingBy(options);

  // The upload route reads its body itself, as it comes; only it may see a raw stream.
  await app.register(async (uploads) => {
    uploads.removeAllContentTypeParsers();
    uploads.addContentTypeParser('*', (_request, _payload, done) => done(null));
    const take = (path: string, bring: ImageData['upload']) =>
      uploads.put<ImageParams>(
        path,
        { onRequest: [requireOctets], config: { streamsBody: true } },
        async (request, reply) => {
          using _place = places.take();
          const signal = uploadSignal(request, stopping);
          try {
            await bring(request.caller, request.params.imageId, {
              data: incomingData(request, traffic),
              expectedSize: expectedSize(request),
              store: storeOf(request),
              signal,
            });
          } catch (error) {
            if (!isCut(request, signal)) throw error;
            return letGo(request, reply, error);
          }
          return reply.code(204).send();
        },
      );
    take('/v2/images/:imageId/file', (...upload) => imageData.upload(...upload));
    if (staging) take('/v2/images/:imageId/stage', (...upload) => staging.stage(...upload));
  });

  app.get<ImageParams>(
    '/v2/images/:imageId/file',
    { onRequest: refuseBody, config: { streamsAnswer: true } },
    async (request, reply) => {
      if (queryOf(request).has('prefer')) {
        throw new DomainError('InvalidRequest', 'prefer: there is but one store to choose from.');
      }
      if (!(await turnOf(reply.raw))) return reply.hijack();
      const send = (download: Download) => sendDownload(request, reply, download, sending);
      const isPart = (request.headers.range ?? request.headers['content-range']) !== undefined;
      await imageData.download(request.caller, request.params.imageId, send, { isPart });
      return reply.sent ? reply : reply.code(204).send();
    },
  );
}

/**
 * Waits until the earlier answers on the connection are out, so that many downloads asked for at once hold
 * one file and its buffers at a time. Resolves to false when the connection closes before.
 */
export async function turnOf(response: ServerResponse): Promise<boolean> {
  if (response.socket) return true;
  const connection = response.req.socket;
  // As many may wait as fit one read of the socket, and each is told.
  connection.setMaxListeners(0);
  const closed = new AbortController();
  const onClose = (): void => closed.abort();
  connection.once('close', onClose);
  if (connection.destroyed) onClose();
  try {
    await once(response, 'socket', { signal: closed.signal });
    return true;
  } catch {
    return false;
  } finally {
    connection.off('close', onClose);
  }
}

/**
 * Aborted when the sender goes away before all has been read, or the service stops. What came and was not read goes
 * with its connection, even if it was all.
 */
export function uploadSignal({ raw }: FastifyRequest, stopping: AbortSignal): AbortSignal {
  const gone = new AbortController();
  const onClose = () => {
    if (!raw.readableEnded) gone.abort(new Error('The client went away.'));
  };
  // While its token was looked at, say.
  if (raw.destroyed) onClose();
  else raw.once('close', onClose);
  return AbortSignal.any([stopping, gone.signal]);
}

/** Whether an upload failed since its sender went, or the service stops; a stream fails a moment before it tells that it is closed. */
export function isCut({ raw }: FastifyRequest, signal: AbortSignal): boolean {
  return signal.aborted || (raw.destroyed && !raw.readableEnded);
}

/** Nobody is there to be answered, which is nobody's fault. */
export function letGo(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  request.log.info({ err: error, requestId: request.id }, 'An upload was cut off.');
  reply.hijack();
  reply.raw.destroy();
  return reply;
}

/** What a transfer needs beside its data. */
interface Sending {
  readonly stopping: AbortSignal;
  readonly sendfile: (() => Promise<Sendfile | undefined>) | undefined;
  readonly accelRedirect: AccelRedirect;
  readonly traffic: Pick<Traffic, 'bytes'>;
}

/** How data leaves a service with these options. */
export function sendingBy({
  network,
  stopping,
  traffic,
}: Pick<ImageDataRoutesOptions, 'network' | 'stopping' | 'traffic'>): Sending {
  const sendfile = network.usesSendfile ? loadSendfile : undefined;
  return { stopping, sendfile, accelRedirect: accelRedirectOf(network), traffic };
}

/** Sends the data that was asked for, all or a part of it; undefined when there is none. */
export async function sendDownload(
  request: FastifyRequest,
  reply: FastifyReply,
  { image, reader }: Download,
  { stopping, sendfile, accelRedirect, traffic }: Sending,
): Promise<Sent | undefined> {
  if (!reader) return undefined;
  let range: ByteRange | undefined;
  try {
    const { range: wanted, 'content-range': contentRange } = request.headers;
    range = requestedRange({ range: wanted, contentRange }, reader.size);
  } catch (error) {
    await reader[Symbol.asyncDispose]();
    throw error;
  }
  const path = accelRedirect(request, reader.file);
  if (path !== undefined) {
    await reader[Symbol.asyncDispose]();
    return handOver(reply, image, { path, wanted: lengthOf(reader.size, range) });
  }
  // From here on the data goes straight from the store to the socket.
  reply.headers(dataHeaders(image, reader.size, range));
  reply.hijack();
  reply.raw.writeHead(range ? 206 : 200, reply.getHeaders() as OutgoingHttpHeaders);
  const bytes = { sent: 0, wanted: lengthOf(reader.size, range) };
  const onSent = (more: number) => {
    bytes.sent += more;
    traffic.bytes.sent += more;
  };
  try {
    await sendData(reply.raw, reader, { range, signal: stopping, onSent, sendfile });
  } catch (error) {
    // The head is out: the connection has been cut, and all that is left is to say why.
    const level = stopping.aborted ? 'info' : 'error';
    request.log[level]({ err: error, requestId: request.id }, 'A download was cut off.');
  }
  return bytes;
}

/** Lets the proxy send what it is asked for: it knows the range, and what it sends nobody here is told. */
function handOver(
  reply: FastifyReply,
  image: Image,
  { path, wanted }: { readonly path: string; readonly wanted: number },
): Sent {
  reply.headers({ ...typeHeaders(image), 'x-accel-redirect': path }).send();
  return { sent: wanted, wanted };
}

function lengthOf(size: number, range: ByteRange | undefined): number {
  return range ? range.last - range.first + 1 : size;
}

function dataHeaders(image: Image, size: number, range: ByteRange | undefined) {
  return {
    ...typeHeaders(image),
    'content-length': lengthOf(size, range),
    ...(range && { 'content-range': `bytes ${range.first}-${range.last}/${size}` }),
  };
}

function typeHeaders({ checksum }: Image) {
  return {
    'content-type': 'application/octet-stream',
    // Hex, unlike RFC 1864: it is what Glance sends and its clients compare.
    ...(checksum !== null && { 'content-md5': checksum }),
  };
}

/** @throws DomainError `UnsupportedMediaType` */
async function requireOctets(request: FastifyRequest): Promise<void> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/octet-stream') {
    throw new DomainError(
      'UnsupportedMediaType',
      'Content-Type: must be application/octet-stream for image data.',
    );
  }
}

/** The store that the sender wants. */
export function storeOf({ headers }: FastifyRequest): string | undefined {
  const named = headers['x-image-meta-store'];
  return typeof named === 'string' && named !== '' ? named : undefined;
}

/** What the sender says of the size: the field's own header before the transport's. */
function expectedSize(request: FastifyRequest): number | undefined {
  const { 'x-openstack-image-size': announced, 'content-length': length } = request.headers;
  if (announced === undefined) return length === undefined ? undefined : Number(length);
  if (typeof announced !== 'string' || !/^\d{1,19}$/.test(announced)) {
    throw new DomainError('InvalidRequest', 'x-openstack-image-size: must be a number of bytes.');
  }
  return Number(announced);
}

/** The data of an upload, counted. Once it is in, its sender waits for the disk, and silence is no sign that it is gone. */
export function incomingData({ raw }: FastifyRequest, { bytes }: Pick<Traffic, 'bytes'>): Readable {
  const { socket } = raw;
  // Some of it has come with the head.
  const before = socket.bytesRead - raw.readableLength;
  // Whoever listened to the data would have it flow past its reader, who wants what came before a sender was cut off.
  raw.once('close', () => {
    bytes.received += socket.bytesRead - before;
  });
  return raw.once('end', () => raw.socket.setTimeout(0));
}
