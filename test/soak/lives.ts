import assert from 'node:assert/strict';
import type { Agent } from 'node:http';
import { type Call, callService, type Reply } from '../support/image-calls.ts';
import { beginResumable, goOnAt } from '../support/resumable-uploads.ts';
import type { RunningService } from '../support/running-service.ts';

/** Bytes of the images, one after another: small ones as well as those of several chunks. */
const sizes = [10_000, 300_000, 1_100_000, 5_000_000] as const;

/** What images are made of: each has a part of it, from a place of its own. */
export interface Material {
  readonly service: RunningService;
  /** The project that images are shared with. */
  readonly consumer: string;
  readonly bytes: Uint8Array;
  readonly agent: Agent;
}

/**
 * What becomes of an image: it is made, described, uploaded, shared, accepted, listed, read, withdrawn and deleted, each with the
 * answer that it has to have.
 *
 * @returns how many calls that took, but for those of uploads in parts
 */
export async function live(material: Material, number: number): Promise<number> {
  const { service, consumer, bytes, agent } = material;
  let calls = 0;
  async function ask(status: number, call: Omit<Call, 'agent'>): Promise<Reply> {
    calls += 1;
    const reply = await callService(service, { ...call, agent });
    const { method = 'GET', path } = call;
    assert.equal(reply.status, status, `${method} ${path}: ${String(reply.body)}`);
    return reply;
  }
  const name = `image ${number}`;
  const data = bytes.subarray(number % 1000).subarray(0, sizes[number % sizes.length]);
  const body = JSON.stringify({ name, disk_format: 'raw', container_format: 'bare' });
  const { id } = JSON.parse(
    String((await ask(201, { method: 'POST', path: '/v2/images', body })).body),
  );
  const path = `/v2/images/${id}`;

  await ask(200, {
    method: 'PATCH',
    path,
    headers: { 'content-type': 'application/openstack-images-v2.1-json-patch' },
    body: JSON.stringify([{ op: 'add', path: '/os_distro', value: 'debian' }]),
  });
  await ask(204, { method: 'PUT', path: `${path}/tags/${number % 7}` });
  await upload({ ask, service }, { id, data, inParts: number % 8 === 7 });
  const member = `${path}/members/${consumer}`;
  await ask(200, {
    method: 'POST',
    path: `${path}/members`,
    body: JSON.stringify({ member: consumer }),
  });
  const accepted = JSON.stringify({ status: 'accepted' });
  await ask(200, { method: 'PUT', path: member, user: 'consumer', body: accepted });
  await ask(200, { path: '/vitrine/v1/inbox?limit=5', user: 'consumer' });
  const list = await ask(200, {
    path: `/v2/images?name=${encodeURIComponent(name)}&limit=5`,
    user: 'consumer',
  });
  assert.deepEqual(
    JSON.parse(String(list.body)).images.map((image: { id: string }) => image.id),
    [id],
  );
  await ask(200, { path: '/v2/images?limit=25' });
  await ask(200, { path, user: 'consumer' });
  const read = await ask(200, { path: `${path}/file`, user: 'consumer' });
  assert(read.body.equals(data), 'the download differs from the upload');
  await ask(404, { path: `/v2/images/${consumer}` });
  await ask(204, { method: 'DELETE', path: member });
  await ask(404, { path, user: 'consumer' });
  await ask(204, { method: 'DELETE', path });
  return calls;
}

interface Uploading {
  readonly ask: (status: number, call: Omit<Call, 'agent'>) => Promise<Reply>;
  readonly service: RunningService;
}

interface Sent {
  readonly id: string;
  readonly data: Uint8Array;
  /** Whether it comes as an upload that can be resumed, in two parts. */
  readonly inParts: boolean;
}

async function upload({ ask, service }: Uploading, { id, data, inParts }: Sent): Promise<void> {
  if (!inParts) {
    const headers = { 'content-type': 'application/octet-stream' };
    await ask(204, { method: 'PUT', path: `/v2/images/${id}/file`, headers, body: data });
    return;
  }
  const half = Math.floor(data.length / 2);
  const path = await beginResumable(service, id, { data, sent: half });
  assert.equal((await goOnAt(service, path, { data, from: half })).status, 204);
}
