import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  bytesFrom,
  checksumAlgorithms,
  checksumFrom,
  dataType,
  metadataFrom,
  tusExtensions,
  tusVersion,
  type WantedChecksum,
} from '../../api/vitrine/tus.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Upload } from '../../domain/upload.ts';
import type { UploadPart, Uploads } from '../../service/uploads.ts';
import { hasBody, refuseBody } from '../body.ts';
import { sendError } from '../error-handler.ts';
import { incomingData, isCut, letGo, uploadSignal } from '../image-data.ts';
import type { Traffic } from '../metrics/traffic.ts';
import { baseUrl } from '../reply.ts';
import type { UploadPlaces } from '../upload-places.ts';

export interface UploadRoutesOptions {
  readonly uploads: Uploads;
  readonly places: UploadPlaces;
  readonly traffic: Pick<Traffic, 'bytes'>;
  readonly publicEndpoint: string | undefined;
  /** Aborted when the service stops for good. */
  readonly stopping: AbortSignal;
}

const path = '/vitrine/v1/uploads';

interface UploadParams {
  Params: { uploadId: string };
}

/** Uploads that can be resumed. @see tus 1.0, https://tus.io/protocols/resumable-upload */
export async function uploadRoutes(
  app: FastifyInstance,
  options: UploadRoutesOptions,
): Promise<void> {
  const { uploads } = options;
  app.options(path, async (_request, reply) =>
    reply
      .headers({
        'tus-resumable': tusVersion,
        'tus-version': tusVersion,
        'tus-extension': tusExtensions,
        'tus-checksum-algorithm': checksumAlgorithms.join(','),
      })
      .code(204)
      .send(),
  );

  await app.register(async (routes) => {
    routes.addHook('onRequest', speakTus);
    routes.head<UploadParams>(`${path}/:uploadId`, async (request, reply) => {
      const upload = await uploads.show(request.caller, request.params.uploadId);
      tell(reply, upload).headers({
        'upload-length': String(upload.size),
        'cache-control': 'no-store',
      });
      return reply.code(200).send();
    });

    routes.delete<UploadParams>(
      `${path}/:uploadId`,
      { onRequest: refuseBody },
      async (request, reply) => {
        await uploads.remove(request.caller, request.params.uploadId);
        return reply.code(204).send();
      },
    );

    await routes.register(async (streams) => {
      // These read their bodies themselves, as they come.
      streams.removeAllContentTypeParsers();
      streams.addContentTypeParser('*', (_request, _payload, done) => done(null));
      dataRoutes(streams, options);
    });
  });
}

/** The calls that bring data. */
function dataRoutes(app: FastifyInstance, options: UploadRoutesOptions): void {
  const { uploads, places, publicEndpoint, traffic } = options;
  const config = { streamsBody: true };

  app.post(path, { config }, async (request, reply) => {
    const metadata = metadataFrom(headerOf(request, 'upload-metadata'));
    const imageId = metadata.get('image_id');
    if (imageId === undefined || imageId === '') {
      const text =
        'Upload-Metadata: image_id is wanted, the queued image that is to have the data.';
      throw new DomainError('InvalidRequest', text);
    }
    request.auditImage = imageId;
    const isSending = hasBody(request);
    if (isSending) requireDataType(request);
    const part = isSending ? partOf(request, 0, traffic) : undefined;
    using _place = isSending ? places.take() : undefined;
    const begun = await uploads.create(request.caller, {
      imageId,
      size: bytesFrom('Upload-Length', headerOf(request, 'upload-length')),
      store: metadata.get('store'),
    });
    const base = baseUrl(request, publicEndpoint);
    reply.header('location', `${base}${path}/${begun.id}`);
    if (!part) return tell(reply, begun).code(201).send();
    return await append(request, reply, options, { id: begun.id, part, status: 201 });
  });

  app.patch<UploadParams>(
    `${path}/:uploadId`,
    { config, onRequest: async (request) => requireDataType(request) },
    async (request, reply) => {
      const offset = bytesFrom('Upload-Offset', headerOf(request, 'upload-offset'));
      const part = partOf(request, offset, traffic);
      using _place = places.take();
      return await append(request, reply, options, {
        id: request.params.uploadId,
        part,
        status: 204,
      });
    },
  );
}

interface Appending {
  readonly id: string;
  readonly part: Omit<UploadPart, 'signal'>;
  readonly status: 201 | 204;
}

/** Takes data and answers, if anybody is still there to be answered. */
async function append(
  request: FastifyRequest,
  reply: FastifyReply,
  { uploads, stopping }: UploadRoutesOptions,
  { id, part, status }: Appending,
): Promise<FastifyReply> {
  const signal = uploadSignal(request, stopping);
  try {
    const upload = await uploads.append(request.caller, id, { ...part, signal });
    request.auditImage = upload.imageId;
    return tell(reply, upload).code(status).send();
  } catch (error) {
    if (!isCut(request, signal)) throw error;
    return letGo(request, reply, error);
  }
}

function partOf(
  request: FastifyRequest,
  offset: number,
  traffic: Pick<Traffic, 'bytes'>,
): Omit<UploadPart, 'signal'> {
  const { 'content-length': length } = request.headers;
  const wanted = checksumFrom(headerOf(request, 'upload-checksum'));
  return {
    offset,
    data: incomingData(request, traffic),
    size: length === undefined ? undefined : Number(length),
    check: wanted && checksumCheck(wanted),
  };
}

/** Refuses data that has another checksum. */
function checksumCheck({ algorithm, digest }: WantedChecksum) {
  const hash = createHash(algorithm);
  return {
    read: (bytes: Uint8Array) => void hash.update(bytes),
    end() {
      if (hash.digest().equals(digest)) return;
      const text = `Upload-Checksum: the data that came has another ${algorithm}.`;
      throw new DomainError('ChecksumMismatch', text);
    },
  };
}

function tell(reply: FastifyReply, { received, expiresAt }: Upload): FastifyReply {
  return reply.headers({
    'upload-offset': String(received),
    'upload-expires': expiresAt.toUTCString(),
  });
}

function headerOf({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** Every answer says the version, and every request must. */
async function speakTus(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  reply.header('tus-resumable', tusVersion);
  if (request.headers['tus-resumable'] === tusVersion) return undefined;
  reply.header('tus-version', tusVersion);
  sendError(request, reply, 412, `Tus-Resumable: ${tusVersion} is wanted.`);
  return reply;
}

/** @throws DomainError `UnsupportedMediaType` */
function requireDataType({ headers }: FastifyRequest): void {
  if (headers['content-type']?.split(';')[0]?.trim().toLowerCase() === dataType) return;
  const text = `Content-Type: must be ${dataType} for the data of an upload.`;
  throw new DomainError('UnsupportedMediaType', text);
}
