import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { schemaDocuments } from '../../src/api/schemas.ts';
import { sharedService } from '../support/service.ts';

const service = await sharedService();

describe('the schemas', () => {
  const paths = Object.keys(schemaDocuments);

  test('are 16', () => {
    assert.equal(paths.length, 16);
  });

  for (const path of paths) {
    test(`${path} is for everyone with a token`, async () => {
      for (const caller of ['producer', 'stranger reader', 'admin', 'unscoped'] as const) {
        const answer = await service.call(caller, 'GET', path);
        assert.equal(answer.status, 200);
        assert.equal(answer.headers['content-type'], 'application/json');
        assert.deepEqual(answer.json, schemaDocuments[path]);
      }
      assert.equal((await service.call('nobody', 'GET', path)).status, 401);
    });
  }

  test('of an image tell clients which properties are its own', async () => {
    const { json } = await service.call('producer', 'GET', '/v2/schemas/image');

    assert.equal(json.name, 'image');
    assert.deepEqual(json.additionalProperties, { type: 'string' });
    assert.equal(json.properties.os_distro.is_base, false);
    assert.equal(json.properties.name.is_base, undefined);
  });

  test('of a member name its six keys', async () => {
    const { json } = await service.call('producer', 'GET', '/v2/schemas/member');

    assert.deepEqual(Object.keys(json.properties).toSorted(), [
      'created_at',
      'image_id',
      'member_id',
      'schema',
      'status',
      'updated_at',
    ]);
  });
});

describe('the health of the service', () => {
  test('is told to anyone, as text or JSON', async () => {
    const text = await service.call('nobody', 'GET', '/healthcheck');
    const json = await service.call('nobody', 'GET', '/healthcheck', undefined, {
      accept: 'application/json',
    });
    const head = await service.call('nobody', 'HEAD', '/healthcheck');

    assert.deepEqual([text.status, text.text], [200, 'OK']);
    assert.equal(text.headers['content-type'], 'text/plain; charset=UTF-8');
    assert.deepEqual(json.json, { detailed: false, reasons: ['OK'] });
    assert.deepEqual([head.status, head.text], [204, '']);
  });

  test('is as the operator says while its file is there', async () => {
    const file = join(service.folder, 'disabled');
    await writeFile(file, '');

    const disabled = await service.call('nobody', 'GET', '/healthcheck');
    const head = await service.call('nobody', 'HEAD', '/healthcheck');
    await rm(file);
    const back = await service.call('nobody', 'GET', '/healthcheck');

    assert.deepEqual([disabled.status, disabled.text], [503, 'DISABLED BY FILE']);
    assert.deepEqual([head.status, back.status], [503, 200]);
  });
});
