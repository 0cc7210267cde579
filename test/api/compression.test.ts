import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { configOf } from '../support/config.ts';
import { createActiveImage, createImage } from '../support/images.ts';
import { sharedService } from '../support/service.ts';

const { compressJson } = configOf('compress_json: true');
const service = await sharedService({ config: { compressJson } });
const plain = await sharedService();
const path = '/v2/schemas/image';

function get(url: string, accepted: string, from = service) {
  return from.call('producer', 'GET', url, undefined, { 'accept-encoding': accepted });
}

describe('a long JSON answer', () => {
  test('is compressed for who takes gzip, and says the same', async () => {
    const expected = await service.call('producer', 'GET', path);
    const answer = await get(path, 'gzip, deflate, br');

    assert.equal(answer.headers['content-encoding'], 'gzip');
    assert.equal(Number(answer.headers['content-length']), answer.bytes.length);
    assert.ok(answer.bytes.length < expected.bytes.length / 2);
    assert.equal(gunzipSync(answer.bytes).toString(), expected.text);
    assert.equal(answer.headers['content-type'], 'application/json');
  });

  test('tells caches that it comes in two forms', async () => {
    for (const accepted of ['gzip', 'identity']) {
      assert.equal((await get(path, accepted)).headers['vary'], 'Accept-Encoding');
    }
  });

  for (const accepted of ['gzip;q=0.5', 'br, *', 'GZIP', '*;q=0, gzip']) {
    test(`is compressed for ${accepted}`, async () => {
      assert.equal((await get(path, accepted)).headers['content-encoding'], 'gzip');
    });
  }

  for (const accepted of ['', 'br', 'gzip;q=0', 'gzip; q=0.000, *', '*;q=0', 'x-gzip-like']) {
    test(`is left as it is for "${accepted}"`, async () => {
      const answer = await get(path, accepted);

      assert.equal(answer.headers['content-encoding'], undefined);
      assert.equal(answer.json.name, 'image');
    });
  }

  test('may be a page of images of any length', async () => {
    const tags = Array.from({ length: 128 }, (_, index) => `${index}`.padStart(200, 'x'));
    for (let count = 0; count < 5; count++) await createImage(service, { tags });

    const answer = await get('/v2/images', 'gzip');

    const { images } = JSON.parse(gunzipSync(answer.bytes).toString());
    assert.equal(images.length, 5);
  });
});

describe('what is never compressed', () => {
  test('is image data', async () => {
    const { id } = await createActiveImage(service, Buffer.alloc(5000));

    const answer = await get(`/v2/images/${id}/file`, 'gzip');

    assert.equal(answer.headers['content-encoding'], undefined);
    assert.deepEqual(answer.bytes, Buffer.alloc(5000));
  });

  test('are short answers and those of other types', async () => {
    const { id } = await createImage(service);

    for (const url of [`/v2/images/${id}`, '/v2/nonsense', '/healthcheck']) {
      assert.equal((await get(url, 'gzip')).headers['content-encoding'], undefined);
    }
  });

  test('is anything unless the operator says so', async () => {
    const answer = await get(path, 'gzip', plain);

    assert.equal(answer.headers['content-encoding'], undefined);
    assert.equal(answer.headers['vary'], undefined);
  });
});
