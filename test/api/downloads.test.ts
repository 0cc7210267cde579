import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { configOf } from '../support/config.ts';
import { createActiveImage, createImage } from '../support/images.ts';
import { sharedService } from '../support/service.ts';

const service = await sharedService();
const { publicEndpoint } = configOf('public_endpoint: https://cloud.example.com/image');
const behindProxy = await sharedService({ config: { publicEndpoint } });
const data = Buffer.from('the data of an image');

/** The cookie that a browser gets for an image. */
async function passFor(imageId: string): Promise<string> {
  const answer = await service.call('producer', 'POST', `/vitrine/v1/images/${imageId}/download`);
  assert.equal(answer.status, 204, answer.text);
  return answer.headers['set-cookie']?.[0] ?? '';
}

function download(imageId: string, headers: Readonly<Record<string, string>>) {
  return service.call('nobody', 'GET', `/vitrine/v1/downloads/${imageId}`, undefined, headers);
}

function sent(cookie: string): { cookie: string } {
  return { cookie: `other=1; ${cookie.split(';')[0]}` };
}

describe('a download by a browser', () => {
  test('has the data, as a file of the name of the image', async () => {
    const { id } = await createActiveImage(service, data, {
      name: 'Gürtel "1"/2',
      disk_format: 'raw',
    });

    const answer = await download(id, sent(await passFor(id)));

    assert.equal(answer.status, 200);
    assert.deepEqual(answer.bytes, data);
    assert.equal(
      answer.headers['content-disposition'],
      "attachment; filename*=UTF-8''G%C3%BCrtel%20_1__2.raw",
    );
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    assert.equal(answer.headers['content-security-policy'], "default-src 'none'; sandbox");
    assert.equal(answer.headers['cache-control'], 'no-store');
  });

  test('can be gone on with', async () => {
    const { id } = await createActiveImage(service, data);
    const cookie = sent(await passFor(id));

    const rest = await download(id, { ...cookie, range: 'bytes=4-' });

    assert.equal(rest.status, 206);
    assert.deepEqual(rest.bytes, data.subarray(4));
  });

  test('of an image without data is empty', async () => {
    const { id } = await createImage(service);

    assert.equal((await download(id, sent(await passFor(id)))).status, 204);
  });

  test('is refused to pages of other origins, and without the cookie', async () => {
    const { id } = await createActiveImage(service, data);
    const cookie = sent(await passFor(id));

    for (const site of ['cross-site', 'same-site']) {
      assert.equal((await download(id, { ...cookie, 'sec-fetch-site': site })).status, 403);
    }
    for (const site of ['same-origin', 'none']) {
      assert.equal((await download(id, { ...cookie, 'sec-fetch-site': site })).status, 200);
    }
    assert.equal((await download(id, {})).status, 401);
    assert.equal((await download(id, { cookie: 'vitrine-download=forged' })).status, 401);
  });
});

describe('the cookie', () => {
  test('is for one path, for a while, for pages of this service, and for no script', async () => {
    const { id } = await createImage(service);

    const cookie = await passFor(id);

    const [first, ...attributes] = cookie.split('; ');
    assert.equal(first, `vitrine-download=${service.tokens.producer}`);
    assert.deepEqual(attributes, [
      `Path=/vitrine/v1/downloads/${id}`,
      'Max-Age=3600',
      'HttpOnly',
      'SameSite=Strict',
    ]);
  });

  test('is for TLS alone where the service is reached by it, below the path that it has there', async () => {
    const { id } = await createImage(behindProxy);
    const path = `/vitrine/v1/images/${id}/download`;

    const { headers } = await behindProxy.call('producer', 'POST', path);

    const cookie = headers['set-cookie']?.[0] ?? '';
    assert.match(cookie, /; Secure$/);
    assert(cookie.includes(`; Path=/image/vitrine/v1/downloads/${id};`));
  });

  test('opens nothing else', async () => {
    const { id } = await createActiveImage(service, data);
    const headers = sent(await passFor(id));

    for (const path of [`/v2/images/${id}/file`, `/v2/images/${id}`, '/v2/images']) {
      assert.equal((await service.call('nobody', 'GET', path, undefined, headers)).status, 401);
    }
  });

  test('is given for images alone that the caller sees', async () => {
    const { id } = await createImage(service);

    const answers = await Promise.all(
      [id, randomUUID()].map((one) =>
        service.call('consumer', 'POST', `/vitrine/v1/images/${one}/download`),
      ),
    );

    assert.deepEqual(
      answers.map(({ status, headers }) => [status, headers['set-cookie']]),
      [
        [404, undefined],
        [404, undefined],
      ],
    );
  });
});
