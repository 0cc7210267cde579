import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsOutput,
  ListObjectsV2Command,
  type ListObjectsV2Output,
  type MultipartUpload,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { ObjectServerFailure } from '../object/failure.ts';
import type {
  ListedObject,
  ObjectBytes,
  ObjectRange,
  ObjectServer,
  PartedUpload,
} from '../object/object-server.ts';
import { isNotImplemented, isNoUpload, isWithoutAnswer, toFailure } from './s3-failure.ts';

export interface S3ServerOptions {
  /** Belongs to the server, which ends it. */
  readonly client: S3Client;
  readonly bucket: string;
  /** What stands before an image's id in an object's name. */
  readonly prefix: string;
  /** Whether a bucket that is missing at the start is made. */
  readonly createsBucket: boolean;
}

const tib = 1024 ** 4;

/** Where an object says by which upload it was made. */
const uploadField = 'vitrine-upload';

/** One object, as every command names it. */
interface ObjectName {
  readonly Bucket: string;
  readonly Key: string;
}

/** A bucket of S3, or of whatever speaks it. */
export function s3Server(options: S3ServerOptions): ObjectServer {
  const { client, bucket, prefix } = options;
  const nameOf = (imageId: string): ObjectName => ({ Bucket: bucket, Key: prefix + imageId });
  const putWhole = wholePuts(client);

  return {
    maxSize: 5 * tib,
    maxParts: 10_000,

    head: (imageId) => headOf(client, nameOf(imageId)),
    read: (imageId, range) => readRange(client, nameOf(imageId), range),

    async putWhole({ imageId, upload }, data) {
      await putWhole({ ...nameOf(imageId), Metadata: { [uploadField]: upload } }, data);
    },

    beginParts: ({ imageId, upload }, signal) =>
      beginParts(client, { ...nameOf(imageId), Metadata: { [uploadField]: upload } }, signal),

    async delete(imageId) {
      await client
        .send(new DeleteObjectCommand(nameOf(imageId)))
        .catch(refuse('remove the data', isNoUpload));
    },

    async discardParts(imageId) {
      await abortUploads(options, prefix + imageId);
    },

    async sweep() {
      await abortUploads(options, prefix);
    },

    list: () => listAll(options),

    async check() {
      // Asking for the head of the bucket would tell no reason for a refusal.
      await listUploads(client, bucket, prefix)
        .next()
        .catch(async (error: unknown) => {
          const isMissing = error instanceof BucketMissing;
          if (!isMissing || !options.createsBucket) throw error;
          await client
            .send(new CreateBucketCommand({ Bucket: bucket }))
            .catch(refuse('make the bucket'));
        });
    },

    async [Symbol.asyncDispose]() {
      client.destroy();
    },
  };
}

/** Turns an error of the SDK into ours, unless it is one that is as good as success. */
function refuse(
  what: string,
  isFine: (error: unknown) => boolean = () => false,
  signal?: AbortSignal,
) {
  return (error: unknown): undefined => {
    signal?.throwIfAborted();
    if (isFine(error)) return undefined;
    throw toFailure(what, error);
  };
}

async function headOf(client: S3Client, name: ObjectName) {
  const head = await client
    .send(new HeadObjectCommand(name))
    .catch(refuse('look for the data', isNoUpload));
  if (!head) return undefined;
  return { size: head.ContentLength ?? 0, etag: head.ETag, upload: head.Metadata?.[uploadField] };
}

async function readRange(
  client: S3Client,
  name: ObjectName,
  { first, last, etag }: ObjectRange,
): Promise<Readable> {
  const what = 'read the data';
  const answer = await client
    .send(new GetObjectCommand({ ...name, Range: `bytes=${first}-${last}`, IfMatch: etag }))
    .catch(refuse(what));
  const body = answer?.Body as Readable | undefined;
  if (body && answer?.ContentRange?.startsWith(`bytes ${first}-${last}/`)) return body;
  body?.destroy();
  throw new ObjectServerFailure('Unavailable', `Could not ${what}: the server gives other bytes.`);
}

type NewName = ObjectName & { readonly Metadata: Record<string, string> };

/**
 * Puts on condition that there is no such object. Servers that do not know the condition refuse it before they
 * have read the data, and then their answer may be lost: they are asked without it from then on.
 */
function wholePuts(client: S3Client) {
  const what = 'send the data';
  let knowsCondition: boolean | undefined;

  async function putOnCondition(input: PutObjectCommandInput) {
    try {
      const put = await client.send(new PutObjectCommand({ ...input, IfNoneMatch: '*' }));
      knowsCondition = true;
      return put;
    } catch (error) {
      if (isNotImplemented(error) || isWithoutAnswer(error)) knowsCondition ??= false;
      if (!isNotImplemented(error)) throw toFailure(what, error);
      return undefined;
    }
  }

  return async (name: NewName, { bytes, md5 }: ObjectBytes): Promise<void> => {
    const input = () => ({ ...name, ...bodyOf(bytes), ContentMD5: base64(md5) });
    const put =
      (knowsCondition !== false && (await putOnCondition(input()))) ||
      (await client.send(new PutObjectCommand(input())).catch(refuse(what)));
    checkEtag(what, put, md5);
  };
}

async function beginParts(
  client: S3Client,
  name: NewName,
  abortSignal: AbortSignal,
): Promise<PartedUpload> {
  const begun = await client
    .send(new CreateMultipartUploadCommand(name), { abortSignal })
    .catch(refuse('begin an upload', undefined, abortSignal));
  const input = { Bucket: name.Bucket, Key: name.Key, UploadId: begun?.UploadId ?? '' };
  const etags = new Map<number, string>();

  return {
    async putPart(number, { bytes, md5 }, abortSignal) {
      const what = `send part ${number}`;
      const part = { PartNumber: number, ...bodyOf(bytes), ContentMD5: base64(md5) };
      const command = new UploadPartCommand({ ...input, ...part });
      const sent = await client
        .send(command, { abortSignal })
        .catch(refuse(what, undefined, abortSignal));
      checkEtag(what, sent, md5);
      etags.set(number, sent?.ETag ?? '');
    },

    async complete() {
      const numbers = [...etags.keys()].toSorted((a, b) => a - b);
      const Parts = numbers.map((PartNumber) => ({ PartNumber, ETag: etags.get(PartNumber) }));
      const complete = { ...input, MultipartUpload: { Parts } };
      await client
        .send(new CompleteMultipartUploadCommand({ ...complete, IfNoneMatch: '*' }))
        .catch((error: unknown) => {
          if (!isNotImplemented(error)) throw toFailure('complete the upload', error);
          return client
            .send(new CompleteMultipartUploadCommand(complete))
            .catch(refuse('complete the upload'));
        });
    },

    // A complete upload leaves nothing.
    async end() {},

    async abort() {
      await client
        .send(new AbortMultipartUploadCommand(input))
        .catch(refuse('abort the upload', isNoUpload));
    },
  };
}

/**
 * Bytes for one attempt. As a stream, since the SDK would hash bytes once more, and on this thread: their MD5, which
 * is signed, is known already.
 */
function bodyOf(bytes: Uint8Array) {
  const Body = new Readable({
    read() {
      this.push(bytes);
      this.push(null);
    },
  });
  return { Body, ContentLength: bytes.length };
}

interface Sent {
  readonly ETag?: string | undefined;
  readonly ServerSideEncryption?: string | undefined;
  readonly SSEKMSKeyId?: string | undefined;
}

/**
 * The ETag of what is sent in one piece is its MD5, but where a key encrypts it. The server has compared the
 * MD5 that came with the request already; this finds one that did not.
 */
function checkEtag(what: string, sent: Sent | undefined, md5: string): void {
  const etag = sent?.ETag?.replaceAll('"', '').toLowerCase();
  const isEncrypted =
    sent?.SSEKMSKeyId !== undefined || /^aws:kms/.test(sent?.ServerSideEncryption ?? '');
  if (etag === md5 || isEncrypted || !etag || !/^[0-9a-f]{32}$/.test(etag)) return;
  throw new ObjectServerFailure('Unavailable', `Could not ${what}: the server has other bytes.`, {
    isPassing: true,
  });
}

class BucketMissing extends ObjectServerFailure {}

/** Aborts every upload to a name that begins with `prefix`. */
async function abortUploads({ client, bucket }: S3ServerOptions, prefix: string): Promise<void> {
  for await (const { Key, UploadId } of listUploads(client, bucket, prefix)) {
    await client
      .send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }))
      .catch(refuse('abort an upload', isNoUpload));
  }
}

async function* listAll({ client, bucket, prefix }: S3ServerOptions): AsyncGenerator<ListedObject> {
  const place = { Bucket: bucket, Prefix: prefix };
  let ContinuationToken: string | undefined;
  do {
    const page: ListObjectsV2Output | undefined = await client
      .send(new ListObjectsV2Command({ ...place, ContinuationToken }))
      .catch(refuse(`list the bucket ${bucket}`));
    for (const { Key = '', Size: size, LastModified: changedAt = new Date(0) } of page?.Contents ??
      []) {
      yield { imageId: Key.slice(prefix.length), isWhole: true, size, changedAt };
    }
    ContinuationToken = page?.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  for await (const { Key = '', Initiated: changedAt = new Date(0) } of listUploads(
    client,
    bucket,
    prefix,
  )) {
    yield { imageId: Key.slice(prefix.length), isWhole: false, size: undefined, changedAt };
  }
}

/** Where a page of a list begins. */
interface ListPlace {
  readonly KeyMarker?: string | undefined;
  readonly UploadIdMarker?: string | undefined;
}

async function* listUploads(
  client: S3Client,
  bucket: string,
  prefix: string,
): AsyncGenerator<MultipartUpload> {
  let place: ListPlace | undefined = {};
  while (place) {
    const input = { Bucket: bucket, Prefix: prefix, ...place };
    const page: ListMultipartUploadsOutput = await client
      .send(new ListMultipartUploadsCommand(input))
      .catch((error: unknown) => {
        const failure = toFailure(`use the bucket ${bucket}`, error);
        const isMissing = Object(error).name === 'NoSuchBucket';
        throw isMissing ? new BucketMissing(failure.code, failure.message) : failure;
      });
    yield* page.Uploads ?? [];
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page;
    place = page.IsTruncated ? { KeyMarker, UploadIdMarker } : undefined;
  }
}

function base64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}
