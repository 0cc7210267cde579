import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { type ClientRequest, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { join } from 'node:path';
import type { RunningService } from './running-service.ts';

/** What an image's document says of its data. */
export interface ImageState {
  readonly id: string;
  readonly status: string;
  readonly size: number | null;
  readonly checksum: string | null;
  readonly os_hash_value: string | null;
}

/** A whole answer. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface Call {
  readonly method?: string;
  /** Path and query. */
  readonly path: string;
  readonly user?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  readonly agent?: RequestOptions['agent'];
}

/** Begins a request as the producer or another user; its body is the caller's to write and end. */
export async function beginCall(service: RunningService, call: Call): Promise<ClientRequest> {
  const { method = 'GET', path, user = 'producer', headers, agent } = call;
  const token = await service.token(user);
  return request(`${service.url}${path}`, {
    method,
    headers: { 'x-auth-token': token, ...headers },
    agent: agent ?? false,
  });
}

/** Reads the whole answer to a request. @throws the connection's error. */
export async function replyTo(call: ClientRequest): Promise<Reply> {
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const { statusCode: status = 0, headers } = response;
  return { status, headers, body: Buffer.concat(chunks) };
}

/** One request and its whole answer. */
export async function callService(service: RunningService, call: Call): Promise<Reply> {
  const begun = await beginCall(service, call);
  begun.end(call.body);
  return replyTo(begun);
}

/** A new image that is ready to take data; its id. */
export async function createImage(service: RunningService, fields: object = {}): Promise<string> {
  const image = { name: 'image', disk_format: 'raw', container_format: 'bare', ...fields };
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(image);
  const reply = await callService(service, { method: 'POST', path: '/v2/images', headers, body });
  assert.equal(reply.status, 201, String(reply.body));
  return JSON.parse(String(reply.body)).id;
}

export async function showImage(service: RunningService, id: string): Promise<ImageState> {
  const reply = await callService(service, { path: `/v2/images/${id}` });
  assert.equal(reply.status, 200, String(reply.body));
  return JSON.parse(String(reply.body));
}

export async function deleteImage(service: RunningService, id: string): Promise<void> {
  const reply = await callService(service, { method: 'DELETE', path: `/v2/images/${id}` });
  assert.equal(reply.status, 204, String(reply.body));
}

/** Begins an upload, which waits for its data; without a content length it is chunked. */
export function beginUpload(
  service: RunningService,
  id: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<ClientRequest> {
  return beginCall(service, {
    method: 'PUT',
    path: `/v2/images/${id}/file`,
    headers: { 'content-type': 'application/octet-stream', ...headers },
  });
}

/** Uploads `data` in one go, with its length. */
export async function uploadImage(
  service: RunningService,
  id: string,
  data: Uint8Array,
): Promise<Reply> {
  const upload = await beginUpload(service, id, { 'content-length': String(data.length) });
  upload.end(data);
  return replyTo(upload);
}

export function downloadImage(
  service: RunningService,
  id: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  return callService(service, { path: `/v2/images/${id}/file`, headers });
}

/** A new active image with `data`; its id. */
export async function imageWith(service: RunningService, data: Uint8Array): Promise<string> {
  const id = await createImage(service);
  const reply = await uploadImage(service, id, data);
  assert.equal(reply.status, 204, String(reply.body));
  return id;
}

/** Checks that the image is active and that a download gives exactly `data`, under its hash. */
export async function checkWhole(
  service: RunningService,
  id: string,
  data: Uint8Array,
): Promise<void> {
  const image = await showImage(service, id);
  const sha512 = createHash('sha512').update(data).digest('hex');
  const expected = { status: 'active', size: data.length, os_hash_value: sha512 };
  const { status, size, os_hash_value } = image;
  assert.deepEqual({ status, size, os_hash_value }, expected);
  const { status: downloaded, body } = await downloadImage(service, id);
  assert.equal(downloaded, 200);
  assert(body.equals(data), 'the download differs from the upload');
}

/** Checks that the image is as if no upload had ever begun. */
export async function checkQueued(service: RunningService, id: string): Promise<void> {
  const { status, size, checksum, os_hash_value } = await showImage(service, id);
  const expected = { status: 'queued', size: null, checksum: null, os_hash_value: null };
  assert.deepEqual({ status, size, checksum, os_hash_value }, expected);
}

/** Names of all files with image data, whole or partial, sorted. */
export async function dataFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(join(folder, 'images'), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .toSorted();
}

/** Names of all files with data of one image, whole or partial. */
export async function dataFilesOf(folder: string, id: string): Promise<readonly string[]> {
  return (await dataFiles(folder)).filter((name) => name.startsWith(id));
}

/** Asks again and again, without a pause, until `isSo`. @throws after 10 s. */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`Waited in vain: ${what}.`);
  }
}

/** Returns once the service has begun to take the upload's data. */
export function untilSaving(service: RunningService, id: string): Promise<void> {
  return until(
    'the image is saving',
    async () => (await showImage(service, id)).status === 'saving',
  );
}
