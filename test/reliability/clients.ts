import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  beginUpload,
  type Call,
  callService,
  replyTo,
  showImage,
  until,
  untilSaving,
} from '../support/image-calls.ts';
import type { RunningService } from '../support/running-service.ts';
import { writeAll } from '../support/slow-data.ts';
import { dataOf, type History, type Operation, requestIdOf } from './history.ts';
import type { Random } from './remains.ts';

export interface ClientsOptions {
  readonly service: RunningService;
  readonly history: History;
  /** The project that images are shared with. */
  readonly consumer: string;
  readonly random: Random;
  /** Bytes. */
  readonly sizes: readonly number[];
  /** Told how many operations of an image have been answered. */
  readonly onAnswer?: (imageId: string, count: number) => void;
}

/** The id of a first user's project. */
export async function projectIdOf(service: RunningService, user: string): Promise<string> {
  const token = await service.token(user);
  const headers = { 'x-subject-token': token };
  const reply = await callService(service, { path: '/identity/v3/auth/tokens', user, headers });
  return JSON.parse(String(reply.body)).token.project.id;
}

/** Works through the lives of `count` images, one after another. @throws when the service goes away. */
export async function useImages(options: ClientsOptions, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const imageId = randomUUID();
    const operations: Operation[] = [];
    options.history.set(imageId, operations);
    for (const operation of lifeOf(imageId, options)) {
      operations.push(operation);
      await ask(options, imageId, operations.length - 1);
      options.onAnswer?.(imageId, operations.length);
    }
  }
}

function lifeOf(imageId: string, { random, sizes }: ClientsOptions): readonly Operation[] {
  const seldom = <T>(share: number, ...things: T[]): T[] => (random() < share ? things : []);
  const seed = `data of ${imageId}`;
  const shared = seldom<Operation>(0.5, { kind: 'share' }, { kind: 'accept' });
  const size = sizes[Math.floor(random() * sizes.length)] ?? 1;
  return [
    { kind: 'create', name: 'first name' },
    ...seldom<Operation>(0.2, { kind: 'cut', seed: `${seed}, cut`, size }),
    ...seldom<Operation>(0.2, { kind: 'tag', tag: 'early' }),
    { kind: 'upload', seed, size },
    ...shared,
    ...seldom<Operation>(
      0.4,
      { kind: 'rename', name: 'second name' },
      { kind: 'tag', tag: 'late' },
    ),
    ...(shared.length > 0 ? seldom<Operation>(0.4, { kind: 'withdraw' }) : []),
    ...seldom<Operation>(0.5, { kind: 'delete' }),
  ];
}

async function ask(options: ClientsOptions, imageId: string, index: number): Promise<void> {
  const operation = options.history.get(imageId)?.[index];
  assert(operation);
  if (operation.kind === 'cut') return cutUpload(options, imageId, operation);
  const call = callFor(operation, imageId, options.consumer);
  const headers = { ...call.headers, 'x-openstack-request-id': requestIdOf(imageId, index) };
  const reply = await callService(options.service, { ...call, headers });
  assert(reply.status < 300, `${operation.kind}: ${reply.status} ${String(reply.body)}`);
}

const json = { 'content-type': 'application/json' };

/** The request that asks for `operation`. */
export function callFor(operation: Operation, imageId: string, consumer: string): Call {
  const path = `/v2/images/${imageId}`;
  const member = `${path}/members/${consumer}`;
  switch (operation.kind) {
    case 'create': {
      const image = {
        id: imageId,
        name: operation.name,
        disk_format: 'raw',
        container_format: 'bare',
      };
      return { method: 'POST', path: '/v2/images', headers: json, body: JSON.stringify(image) };
    }
    case 'upload':
    case 'cut': {
      const body = dataOf(operation);
      const type = { 'content-type': 'application/octet-stream' };
      const headers = { ...type, 'content-length': String(body.length) };
      return { method: 'PUT', path: `${path}/file`, headers, body };
    }
    case 'rename': {
      const headers = { 'content-type': 'application/openstack-images-v2.1-json-patch' };
      const change = { op: 'replace', path: '/name', value: operation.name };
      return { method: 'PATCH', path, headers, body: JSON.stringify([change]) };
    }
    case 'tag':
      return { method: 'PUT', path: `${path}/tags/${operation.tag}` };
    case 'share': {
      const body = JSON.stringify({ member: consumer });
      return { method: 'POST', path: `${path}/members`, headers: json, body };
    }
    case 'accept': {
      const body = JSON.stringify({ status: 'accepted' });
      return { method: 'PUT', path: member, user: 'consumer', headers: json, body };
    }
    case 'withdraw':
      return { method: 'DELETE', path: member };
    case 'delete':
      return { method: 'DELETE', path };
  }
}

/** Sends half of the data, then goes away, and waits until the service has noticed. */
async function cutUpload(
  { service }: ClientsOptions,
  imageId: string,
  data: { readonly seed: string; readonly size: number },
): Promise<void> {
  const upload = await beginUpload(service, imageId);
  const ended = replyTo(upload).then(
    () => undefined,
    () => undefined,
  );
  await writeAll(upload, dataOf(data).subarray(0, Math.ceil(data.size / 2)));
  await untilSaving(service, imageId);
  upload.destroy();
  await ended;
  await until('the image is queued again', async () => {
    const { status } = await showImage(service, imageId);
    return status === 'queued';
  });
}
