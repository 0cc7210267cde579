import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createActiveImage, createImage, share } from '../support/images.ts';
import { sharedService } from '../support/service.ts';

const service = await sharedService();

/** Requests of all projects that are under way at once, so that they meet in every group of reads and every cache. */
const together = 60;

const mine = {
  producer: await createActiveImage(service, 'of the producer', { name: 'p' }),
  consumer: await createImage(service, { name: 'c' }, 'consumer'),
  other: await createImage(service, { name: 'o' }, 'other'),
} as const;
type Owner = keyof typeof mine;
const owners = Object.keys(mine) as Owner[];

describe('what one project is told reaches no other', () => {
  test(`${together * 9} shows at once, of each image by each project`, async () => {
    const asked = owners.flatMap((owner) => owners.map((asker) => ({ owner, asker })));
    const all = Array.from({ length: together }, () => asked).flat();

    const told = await Promise.all(
      all.map(async ({ owner, asker }) => {
        const answer = await service.call(asker, 'GET', `/v2/images/${mine[owner].id}`);
        return { owner, asker, status: answer.status, name: answer.json?.name };
      }),
    );

    for (const { owner, asker, status, name } of told) {
      assert.equal(status, owner === asker ? 200 : 404);
      assert.equal(name, owner === asker ? mine[owner]['name'] : undefined);
    }
  });

  test(`${together * 3} lists at once`, async () => {
    const all = Array.from({ length: together }, () => owners).flat();

    const told = await Promise.all(
      all.map(async (asker) => ({
        asker,
        images: (await service.call(asker, 'GET', '/v2/images')).json.images,
      })),
    );

    for (const { asker, images } of told) {
      assert.deepEqual(
        images.map((image: { id: string }) => image.id),
        [mine[asker].id],
      );
    }
  });

  test('a marker of one project is no window for another', async () => {
    const { status } = await service.call('other', 'GET', `/v2/images?marker=${mine.producer.id}`);
    const missing = await service.call('other', 'GET', `/v2/images?marker=${crypto.randomUUID()}`);

    assert.equal(status, missing.status);
  });

  test('what was shared is gone at once when it is withdrawn, whoever asked before', async () => {
    const { id } = mine.producer;
    const path = `/v2/images/${id}/members/${service.projects.consumer}`;
    for (let round = 0; round < 20; round += 1) {
      await share(service, id, 'consumer', 'accepted');
      assert.equal((await service.call('consumer', 'GET', `/v2/images/${id}`)).status, 200);

      assert.equal((await service.call('producer', 'DELETE', path)).status, 204);

      assert.equal((await service.call('consumer', 'GET', `/v2/images/${id}`)).status, 404);
      assert.equal((await service.call('consumer', 'GET', `/v2/images/${id}/file`)).status, 404);
    }
  });

  test('no answer may be kept by a cache between the two', async () => {
    for (const path of [
      '/v2/images',
      `/v2/images/${mine.producer.id}`,
      `/v2/images/${mine.producer.id}/file`,
    ]) {
      const { headers } = await service.call('producer', 'GET', path);

      // RFC 9111, section 3.5, speaks of Authorization alone: X-Auth-Token keeps no shared cache from storing.
      assert.equal(headers['etag'], undefined);
      assert.equal(headers['last-modified'], undefined);
      assert.equal(headers['expires'], undefined);
      assert.doesNotMatch(headers['cache-control'] ?? '', /public|max-age=[1-9]/);
    }
  });
});

describe('names that mean something to JavaScript', () => {
  const names = [
    '__proto__',
    'constructor',
    'prototype',
    'hasOwnProperty',
    'toString',
    'valueOf',
    '__defineGetter__',
  ];

  test('are properties like any other, and come back as they were sent', async () => {
    const properties = names.map((name) => `"${name}":"plain ${name}"`).join();
    const { status, text, json } = await service.call(
      'producer',
      'POST',
      '/v2/images',
      `{"name":"odd",${properties},"disk_format":"raw","container_format":"bare"}`,
    );
    assert.equal(status, 201, text);

    const shown = (await service.call('producer', 'GET', `/v2/images/${json.id}`)).text;
    const listed = (await service.call('producer', 'GET', '/v2/images?name=odd')).text;

    for (const name of names) {
      assert(shown.includes(`"${name}":"plain ${name}"`), `${name} in ${shown}`);
      assert(listed.includes(`"${name}":"plain ${name}"`), `${name} in ${listed}`);
    }
    assert.equal(({} as Record<string, unknown>)['plain'], undefined);
  });

  test('are changed and removed like any other', async () => {
    const { id } = await createImage(service);
    const type = { 'content-type': 'application/openstack-images-v2.1-json-patch' };
    const steps = (op: string) =>
      JSON.stringify(
        names.map((name) => ({
          op,
          path: `/${name}`,
          ...(op === 'remove' ? {} : { value: `${op} it` }),
        })),
      );

    for (const op of ['add', 'replace']) {
      const { status, text } = await service.call(
        'producer',
        'PATCH',
        `/v2/images/${id}`,
        steps(op),
        type,
      );
      assert.equal(status, 200, text);
      for (const name of names) assert(text.includes(`"${name}":"${op} it"`), `${name} in ${text}`);
    }
    const { text } = await service.call(
      'producer',
      'PATCH',
      `/v2/images/${id}`,
      steps('remove'),
      type,
    );

    for (const name of names) assert(!text.includes(`"${name}"`), `${name} in ${text}`);
  });

  test('find images by them, and nothing else', async () => {
    await createImage(service, { name: 'found', constructor: 'mine' });
    const found = (await service.call('producer', 'GET', '/v2/images?constructor=mine')).json
      .images;
    const none = (await service.call('producer', 'GET', '/v2/images?toString=x&valueOf=y')).json
      .images;

    assert.deepEqual(
      found.map((image: { name: string }) => image.name),
      ['found'],
    );
    assert.deepEqual(none, []);
  });
});

describe('a path that climbs', () => {
  const climbs = [
    '..%2f..%2fclouds.yaml',
    '%2e%2e%2fvitrine.sqlite',
    '..\\..\\clouds.yaml',
    '%2fetc%2fpasswd',
    '....//',
    '%00',
    '.%00./',
  ];

  for (const climb of climbs) {
    test(`${climb} is the id of nothing`, async () => {
      for (const path of [
        `/v2/images/${climb}`,
        `/v2/images/${climb}/file`,
        `/v2/images/${mine.producer.id}/members/${climb}`,
        `/v2/schemas/${climb}`,
        `/v2/../${climb}`,
      ]) {
        const { status, text } = await service.call('producer', 'GET', path);

        assert([400, 404].includes(status), `${status} for ${path}`);
        assert.doesNotMatch(text, /password|root:|SQLite format/);
      }
    });
  }
});
