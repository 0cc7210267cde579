import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createActiveImage, createImage, expectStatus, patch } from '../support/images.ts';
import {
  countedUsage,
  imageOf,
  limitedProject,
  MiB,
  upload,
  uploadUnannounced,
  usageOf,
} from '../support/quotas.ts';
import { rawConnection } from '../support/raw-connection.ts';
import { type Answer, sharedService, startTestService } from '../support/service.ts';

const service = await sharedService();

function uploadHead(imageId: string, headers: string): string {
  return `PUT /v2/images/${imageId}/file HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${service.tokens.admin}\r\nContent-Type: application/octet-stream\r\n${headers}\r\n\r\n`;
}

/** Asks until the service has begun to read the upload. */
async function untilSaving(imageId: string): Promise<void> {
  const { json } = await service.call('admin', 'GET', `/v2/images/${imageId}`);
  if (json.status !== 'saving') await untilSaving(imageId);
}

/** How many answers have each status. */
function counted(answers: readonly Answer[]): Readonly<Record<number, number>> {
  const groups = Object.groupBy(answers, ({ status }) => status);
  return Object.fromEntries(
    Object.entries(groups).map(([status, group]) => [status, group?.length]),
  ) as Record<number, number>;
}

/** A chunk of a body whose size is not announced. */
function chunk(size: number): Buffer {
  return Buffer.concat([
    Buffer.from(`${size.toString(16)}\r\n`),
    Buffer.alloc(size),
    Buffer.from('\r\n'),
  ]);
}

describe('GET /v2/info/usage', () => {
  test('is empty while nothing is limited', async () => {
    const answer = await service.call('producer', 'GET', '/v2/info/usage');

    assert.equal(answer.status, 200);
    assert.deepEqual(answer.json, { usage: {} });
  });

  test('shows limits and use of the caller’s project alone, sizes in MiB', async () => {
    await using limited = await startTestService({
      config: { imageCountTotal: 10, imageSizeTotal: 100, imageCountUploading: 3 },
    });
    await createActiveImage(limited, new Uint8Array(2 * MiB));
    await createImage(limited);

    const producer = await limited.call('producer', 'GET', '/v2/info/usage');
    const reader = await limited.call('stranger reader', 'GET', '/v2/info/usage');

    assert.deepEqual(producer.json, {
      usage: {
        image_size_total: { usage: 2, limit: 100 },
        image_stage_total: { usage: 0, limit: -1 },
        image_count_total: { usage: 2, limit: 10 },
        image_count_uploading: { usage: 0, limit: 3 },
      },
    });
    assert.equal(reader.json.usage.image_count_total.usage, 0);
  });

  test('wants a token, minds no body and is found by GET alone', async () => {
    assert.equal((await service.call('nobody', 'GET', '/v2/info/usage')).status, 401);
    assert.equal((await service.call('producer', 'GET', '/v2/info/usage', {})).status, 200);
    assert.equal((await service.call('producer', 'POST', '/v2/info/usage')).status, 404);
  });
});

describe('the number of images', () => {
  test('is never exceeded, also by creates at the same time', async () => {
    const project = await limitedProject(service, { image_count_total: 5 });
    const body = { owner: project.id };

    const answers = await Promise.all(
      Array.from({ length: 20 }, () => service.call('admin', 'POST', '/v2/images', body)),
    );

    assert.deepEqual(counted(answers), { 201: 5, 413: 15 });
    assert.match(
      answers.find(({ status }) => status === 413)?.text ?? '',
      /image_count_total: the limit is 5; 5 are in use, and 1 more were asked for\./,
    );
  });

  test('falls with a delete, and is refused before what is wrong with the properties', async () => {
    const project = await limitedProject(service, { image_count_total: 1 });
    const id = await imageOf(service, project);
    const withStatus = { owner: project.id, status: 'active' };

    const full = await service.call('admin', 'POST', '/v2/images', withStatus);
    await service.call('admin', 'DELETE', `/v2/images/${id}`);
    const free = await service.call('admin', 'POST', '/v2/images', withStatus);

    assert.equal(full.status, 413);
    assert.equal(free.status, 403);
    assert.deepEqual(await usageOf(service, project), { images: 0, mib: 0, uploads: 0 });
  });
});

describe('the size of data', () => {
  test('is not exceeded by 64 uploads at the same time that say their size', async () => {
    const project = await limitedProject(service, { image_size_total: 8 });
    const ids = await Promise.all(Array.from({ length: 64 }, () => imageOf(service, project)));

    const answers = await Promise.all(ids.map((id) => upload(service, id, new Uint8Array(MiB))));

    assert.deepEqual(counted(answers), { 204: 8, 413: 56 });
    assert.deepEqual(await usageOf(service, project), { images: 64, mib: 8, uploads: 0 });
  });

  test('is not exceeded by 64 uploads at the same time that do not say it', async () => {
    const project = await limitedProject(service, { image_size_total: 8 });
    const ids = await Promise.all(Array.from({ length: 64 }, () => imageOf(service, project)));

    const statuses = await Promise.all(
      ids.map((id) => uploadUnannounced(service, id, new Uint8Array(MiB))),
    );

    const taken = statuses.filter((status) => status === 204).length;
    assert.ok(taken === 7 || taken === 8, `${taken} were taken`);
    assert.equal(statuses.filter((status) => status === 413).length, 64 - taken);
    assert.deepEqual(await usageOf(service, project), { images: 64, mib: taken, uploads: 0 });
  });

  test('is exact to the byte, and leaves a refused image queued', async () => {
    const project = await limitedProject(service, { image_size_total: 1 });
    const [first, second] = [await imageOf(service, project), await imageOf(service, project)];
    await upload(service, first, new Uint8Array(MiB - 1));

    const tooMuch = await upload(service, second, new Uint8Array(2));
    const { json } = await service.call('admin', 'GET', `/v2/images/${second}`);
    const last = await upload(service, second, new Uint8Array(1));

    assert.equal(tooMuch.status, 413);
    assert.match(
      tooMuch.text,
      /image_size_total: the limit is 1 MiB; 1048575 of 1048576 bytes are in use, and 2 more/,
    );
    assert.equal(json.status, 'queued');
    assert.equal(last.status, 204);
  });

  test('counts what is still coming in, and frees it when the sender goes away', async () => {
    const project = await limitedProject(service, { image_size_total: 8 });
    const [slow, other] = [await imageOf(service, project), await imageOf(service, project)];
    const connection = await rawConnection(service.port);
    connection.write(uploadHead(slow, `Content-Length: ${8 * MiB}`));
    await untilSaving(slow);

    const during = await usageOf(service, project);
    const refused = await upload(service, other, new Uint8Array(1));
    await connection[Symbol.asyncDispose]();
    while ((await usageOf(service, project)).uploads > 0);

    assert.deepEqual(during, { images: 2, mib: 8, uploads: 1 });
    assert.equal(refused.status, 413);
    assert.equal((await upload(service, other, new Uint8Array(8 * MiB))).status, 204);
  });

  test('is not got round by deleting images that are being uploaded', async () => {
    const project = await limitedProject(service, { image_size_total: 8 });
    const [slow, other] = [await imageOf(service, project), await imageOf(service, project)];
    await using connection = await rawConnection(service.port);
    connection.write(uploadHead(slow, `Content-Length: ${8 * MiB}`));
    await untilSaving(slow);
    await service.call('admin', 'DELETE', `/v2/images/${slow}`);

    const during = await usageOf(service, project);
    const refused = await upload(service, other, new Uint8Array(1));
    connection.write(new Uint8Array(8 * MiB));
    const answer = await connection.until(/\r\n\r\n/);

    assert.deepEqual(during, { images: 1, mib: 8, uploads: 1 });
    assert.equal(refused.status, 413);
    assert.match(answer, /^HTTP\/1.1 410 /);
    assert.deepEqual(await usageOf(service, project), { images: 1, mib: 0, uploads: 0 });
  });

  test('ends an upload of unknown size when its image is deleted', async () => {
    const project = await limitedProject(service, { image_size_total: 64 });
    const id = await imageOf(service, project);
    await using connection = await rawConnection(service.port);
    connection.write(uploadHead(id, 'Transfer-Encoding: chunked'));
    await untilSaving(id);
    await service.call('admin', 'DELETE', `/v2/images/${id}`);

    connection.write(chunk(4 * MiB));
    const answer = await connection.until(/\r\n\r\n/);

    assert.match(answer, /^HTTP\/1.1 410 /);
    assert.deepEqual(await usageOf(service, project), { images: 0, mib: 0, uploads: 0 });
  });

  test('holds for an upload of unknown size that began before the limit was set', async () => {
    const project = await limitedProject(service, {});
    const id = await imageOf(service, project);
    await using connection = await rawConnection(service.port);
    connection.write(uploadHead(id, 'Transfer-Encoding: chunked'));
    connection.write(chunk(2 * MiB));
    await untilSaving(id);
    await service.call('admin', 'PUT', project.path, { quotas: { image_size_total: 1 } });

    connection.write('0\r\n\r\n');
    const answer = await connection.until(/\r\n\r\n/);

    assert.match(answer, /^HTTP\/1.1 413 /);
    assert.deepEqual(await usageOf(service, project), { images: 1, mib: 0, uploads: 0 });
    const { json } = await service.call('admin', 'GET', `/v2/images/${id}`);
    assert.equal(json.status, 'queued');
  });

  test('more bytes than announced are refused as soon as they come', async () => {
    const project = await limitedProject(service, { image_size_total: 8 });
    const id = await imageOf(service, project);

    const answer = await upload(service, id, new Uint8Array(20 * MiB), {
      'x-openstack-image-size': '5',
    });

    assert.equal(answer.status, 400);
    assert.match(answer.text, /more bytes, but 5 were announced/);
  });
});

test('no more uploads run at a time than allowed', async () => {
  const project = await limitedProject(service, { image_count_uploading: 1 });
  const [slow, other] = [await imageOf(service, project), await imageOf(service, project)];
  await using connection = await rawConnection(service.port);
  connection.write(uploadHead(slow, 'Content-Length: 1'));
  await untilSaving(slow);

  const refused = await upload(service, other, new Uint8Array(1));
  connection.write('x');
  await connection.until(/\r\n\r\n/);
  const taken = await upload(service, other, new Uint8Array(1));

  assert.equal(refused.status, 413);
  assert.match(refused.text, /image_count_uploading: the limit is 1; 1 are in use/);
  assert.equal(taken.status, 204);
});

describe('an image given to another project', () => {
  test('counts there from then on, its data too', async () => {
    const from = await limitedProject(service, {});
    const to = await limitedProject(service, { image_count_total: 1, image_size_total: 2 });
    const id = await imageOf(service, from);
    await upload(service, id, new Uint8Array(2 * MiB));

    const given = await patch(
      service,
      id,
      [{ op: 'replace', path: '/owner', value: to.id }],
      'admin',
    );

    assert.equal(given.status, 200);
    assert.deepEqual(await usageOf(service, from), { images: 0, mib: 0, uploads: 0 });
    assert.deepEqual(await usageOf(service, to), { images: 1, mib: 2, uploads: 0 });
  });

  test('is refused when that project has no room, and stays where it is', async () => {
    const from = await limitedProject(service, {});
    const to = await limitedProject(service, { image_size_total: 1 });
    const id = await imageOf(service, from);
    await upload(service, id, new Uint8Array(2 * MiB));

    const given = await patch(
      service,
      id,
      [{ op: 'replace', path: '/owner', value: to.id }],
      'admin',
    );

    assert.equal(given.status, 413);
    assert.deepEqual(await usageOf(service, from), { images: 1, mib: 2, uploads: 0 });
  });

  test('takes its upload along', async () => {
    const [from, to] = [await limitedProject(service, {}), await limitedProject(service, {})];
    const id = await imageOf(service, from);
    await using connection = await rawConnection(service.port);
    connection.write(uploadHead(id, `Content-Length: ${MiB}`));
    await untilSaving(id);

    await patch(service, id, [{ op: 'replace', path: '/owner', value: to.id }], 'admin');
    const during = await usageOf(service, to);
    connection.write(new Uint8Array(MiB));
    await connection.until(/\r\n\r\n/);

    assert.deepEqual(during, { images: 1, mib: 1, uploads: 1 });
    assert.deepEqual(await usageOf(service, to), { images: 1, mib: 1, uploads: 0 });
    assert.deepEqual(await usageOf(service, from), { images: 0, mib: 0, uploads: 0 });
  });
});

describe('the limits of one project', () => {
  test('hold for members, properties, tags and the size of an image too', async () => {
    const { id: owner } = await limitedProject(service, {
      image_member_quota: 1,
      image_property_quota: 1,
      image_tag_quota: 1,
      image_size_cap: 3,
    });
    const create = (more: object) =>
      service.call('admin', 'POST', '/v2/images', {
        owner,
        disk_format: 'raw',
        container_format: 'bare',
        ...more,
      });
    const { id } = expectStatus(await create({ tags: ['a'], x: '1' }), 201).json;
    const addMember = (member: string) =>
      service.call('admin', 'POST', `/v2/images/${id}/members`, { member });

    assert.equal((await create({ tags: ['a', 'b'] })).status, 413);
    assert.equal((await create({ x: '1', y: '2' })).status, 413);
    assert.equal((await service.call('admin', 'PUT', `/v2/images/${id}/tags/b`)).status, 413);
    assert.equal((await addMember('one')).status, 200);
    assert.equal((await addMember('two')).status, 413);
    assert.equal((await upload(service, id, new Uint8Array(4))).status, 413);
    assert.equal((await upload(service, id, new Uint8Array(3))).status, 204);
  });

  test('are set and taken away one by one, and all at once', async () => {
    const { path } = await limitedProject(service, { image_count_total: 1, image_tag_quota: 2 });

    const set = await service.call('admin', 'PUT', path, {
      quotas: { image_count_total: null, image_size_total: 3 },
    });
    const removed = await service.call('admin', 'DELETE', path);
    const after = await service.call('admin', 'GET', path);

    const { quotas } = set.json;
    assert.deepEqual(quotas.image_count_total, { limit: -1, from: 'configuration', usage: 0 });
    assert.deepEqual(quotas.image_size_total, { limit: 3, from: 'project', usage: 0 });
    assert.deepEqual(quotas.image_tag_quota, { limit: 2, from: 'project' });
    assert.equal(removed.status, 204);
    assert.deepEqual(after.json.quotas.image_tag_quota, { limit: 128, from: 'configuration' });
  });

  test('are an admin’s alone', async () => {
    const path = `/vitrine/v1/projects/${service.projects.producer}/quotas`;

    for (const caller of ['producer', 'producer reader'] as const) {
      assert.equal((await service.call(caller, 'GET', path)).status, 403);
      assert.equal((await service.call(caller, 'PUT', path, { quotas: {} })).status, 403);
      assert.equal((await service.call(caller, 'DELETE', path)).status, 403);
    }
    assert.equal((await service.call('nobody', 'GET', path)).status, 401);
  });

  test('are whole numbers of known quotas', async () => {
    const { path } = await limitedProject(service, {});
    const set = (quotas: unknown) => service.call('admin', 'PUT', path, { quotas });

    for (const wrong of [undefined, [], 1, { image_size_cap: '1' }, { image_count_total: -2 }]) {
      assert.equal((await set(wrong)).status, 400);
    }
    assert.equal((await set({ image_count_total: 1.5 })).status, 400);
    assert.match((await set({ images: 1 })).text, /images: is no quota\. Known: image_count_total/);
  });
});

test('nothing else lies below /vitrine', async () => {
  assert.equal((await service.call('admin', 'GET', '/vitrine/v1/nothing')).status, 404);
  assert.equal((await service.call('nobody', 'GET', '/vitrine/v1/nothing')).status, 401);
});

test('what is kept of every project is what a recount finds', async () => {
  const { kept, counted } = await countedUsage(() => service.openDatabase());

  assert.ok(kept.length > 5);
  assert.deepEqual(kept, counted);
});
