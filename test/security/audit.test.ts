import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditRecord } from '../../src/http/audit.ts';
import {
  beginUpload,
  type Call,
  callService,
  createImage,
  showImage,
} from '../support/image-calls.ts';
import { type RunningService, runService } from '../support/running-service.ts';

/** The records of one image or, without it, all. */
function records(service: RunningService, imageId?: string): AuditRecord[] {
  return service
    .stderr()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line).audit as AuditRecord | undefined)
    .filter((audit) => audit !== undefined)
    .filter(({ image_id }) => imageId === undefined || image_id === imageId);
}

async function call(service: RunningService, method: string, path: string, more?: Partial<Call>) {
  return callService(service, { method, path, ...more });
}

/** An upload has begun once its image is in `saving`. */
async function untilSaving(service: RunningService, id: string): Promise<void> {
  if ((await showImage(service, id)).status !== 'saving') await untilSaving(service, id);
}

const headersOf = (id: string) => ({ 'x-openstack-request-id': id });

test('every change tells who did what to which image, and by which rule', async () => {
  await using service = await runService();
  const id = await createImage(service);
  const share = await call(service, 'POST', `/v2/images/${id}/members`, {
    body: '{"member": "consumer-1"}',
    headers: headersOf('share-it'),
  });
  await call(service, 'DELETE', `/v2/images/${id}/members/consumer-1`);
  await call(service, 'PUT', `/v2/images/${id}/tags/golden`);
  await call(service, 'DELETE', `/v2/images/${id}`);

  await service.stop();

  const told = records(service, id);
  assert.deepEqual(
    told.map(({ operation, target, outcome, status }) => [operation, target, outcome, status]),
    [
      ['image.create', null, 'allowed', 201],
      ['image.member.create', 'consumer-1', 'allowed', 200],
      ['image.member.delete', 'consumer-1', 'allowed', 204],
      ['image.tag.add', 'golden', 'allowed', 204],
      ['image.delete', null, 'allowed', 204],
    ],
  );
  const shared = told[1];
  assert.equal(shared?.request_id, 'req-share-it');
  assert.equal(share.headers['x-openstack-request-id'], 'req-share-it');
  assert.equal(shared?.address, '127.0.0.1');
  assert.deepEqual(shared?.roles.toSorted(), ['member', 'reader']);
  assert.match(shared?.user_id ?? '', /^[0-9a-f]{32}$/);
  assert.match(shared?.project_id ?? '', /^[0-9a-f]{32}$/);
  assert.deepEqual(shared?.rules, [
    { rule: 'get_image', allowed: true, missing: [] },
    { rule: 'add_member', allowed: true, missing: [] },
  ]);
});

test('what is refused tells the rule and what was missing', async () => {
  await using service = await runService();
  const id = await createImage(service);
  const user = 'consumer';
  const { body } = await call(service, 'GET', '/v2/info/usage', { user });
  assert.ok(body);
  const hidden = await call(service, 'DELETE', `/v2/images/${id}`, { user });
  const publish = await call(service, 'PATCH', `/v2/images/${id}`, {
    headers: { 'content-type': 'application/openstack-images-v2.1-json-patch' },
    body: '[{"op": "replace", "path": "/visibility", "value": "public"}]',
  });
  const unknown = await call(service, 'GET', `/v2/images/${id}`, {
    headers: { 'x-auth-token': 'nobody' },
  });

  await service.stop();

  assert.deepEqual([hidden.status, publish.status, unknown.status], [404, 403, 401]);
  const [, unseen, refused, anonymous] = records(service, id);
  assert.deepEqual([unseen?.operation, unseen?.outcome], ['image.delete', 'failed']);
  assert.equal(refused?.outcome, 'denied');
  assert.deepEqual(refused?.rules.at(-1), {
    rule: 'publicize_image',
    allowed: false,
    missing: ['role:admin'],
  });
  assert.deepEqual(
    [anonymous?.operation, anonymous?.outcome, anonymous?.user_id, anonymous?.rules],
    ['image.show', 'denied', null, []],
  );
});

test('an upload that is cut off is told as failed', async () => {
  await using service = await runService();
  const id = await createImage(service);
  const upload = await beginUpload(service, id, { 'content-length': '10' });
  upload.on('error', () => undefined);
  upload.write('hello');
  await untilSaving(service, id);
  upload.destroy();

  await service.stop();

  const [, cut] = records(service, id);
  assert.deepEqual([cut?.operation, cut?.outcome], ['image.upload', 'failed']);
});

test('reads are told of only when all is asked for, and nothing when none is', async () => {
  const seen: Record<string, readonly string[]> = {};
  for (const level of ['none', 'changes', 'all']) {
    await using service = await runService({ environment: { VITRINE_AUDIT: level } });
    const id = await createImage(service);
    await call(service, 'GET', `/v2/images/${id}`);
    await call(service, 'GET', '/v2/images');

    await service.stop();
    seen[level] = records(service).map(({ operation }) => operation);
  }

  assert.deepEqual(seen, {
    none: [],
    changes: ['image.create'],
    all: ['image.create', 'image.show', 'image.list'],
  });
});

test("a name of the caller's choice cannot break out of its line", async () => {
  await using service = await runService();
  const name = `a"\n{"level":30,"audit":{"operation":"forged"}}\n`;
  await call(service, 'DELETE', `/v2/images/${encodeURIComponent(name)}`);

  await service.stop();

  const told = records(service);
  assert.deepEqual(
    told.map(({ operation, image_id }) => [operation, image_id]),
    [['image.delete', name]],
  );
});
