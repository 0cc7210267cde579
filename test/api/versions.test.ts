import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { versionSegments } from '../../src/api/versions.ts';
import { sharedService } from '../support/service.ts';

const service = await sharedService();

describe('the versions document', () => {
  const paths: Readonly<Record<string, number>> = {
    '/': 300,
    '//': 300,
    '/versions': 200,
    '/versions/': 200,
    '/versions/x': 200,
    '/v1/images': 300,
    '/v3': 300,
    '/v10': 300,
    '/va.1/images': 300,
    '/v2.99/images': 300,
    '/V2/images': 300,
    '/v02/images': 300,
    '/images': 300,
    '/nonsense': 300,
    '/?a=b': 300,
  };
  for (const [path, status] of Object.entries(paths)) {
    test(`is at ${path} with ${status}, token or not, by any method`, async () => {
      const expected = await service.call('nobody', 'GET', '/versions');
      const anonymous = await service.call('nobody', 'GET', path);
      const known = await service.call('producer', 'POST', path);
      const head = await service.call('nobody', 'HEAD', path);

      assert.deepEqual([anonymous.status, known.status, head.status], [status, status, status]);
      assert.equal(anonymous.headers['content-type'], 'application/json');
      assert.deepEqual(anonymous.json, expected.json);
      assert.deepEqual(known.json, expected.json);
      assert.equal(head.text, '');
    });
  }

  test('lists the newest version first, as the current one', async () => {
    const { json } = await service.call('nobody', 'GET', '/');

    const [current, ...others] = json.versions;
    assert.equal(current.status, 'CURRENT');
    for (const version of others) assert.equal(version.status, 'SUPPORTED');
    const numbers = json.versions.map(({ id }: { id: string }) => Number(id.replace('v2.', '')));
    assert.deepEqual(
      numbers,
      numbers.toSorted((one: number, other: number) => other - one),
    );
    assert.equal(json.versions.at(-1).id, 'v2.0');
    for (const { links } of json.versions) {
      assert.deepEqual(links, [{ rel: 'self', href: `${service.url}/v2/` }]);
    }
  });

  test('names the host by which the client came', async () => {
    const { json } = await service.call('nobody', 'GET', '/', undefined, { host: 'images.test:1' });

    assert.equal(json.versions[0].links[0].href, 'http://images.test:1/v2/');
  });
});

describe('a version', () => {
  for (const segment of versionSegments({ hasStores: false, hasCache: false })) {
    test(`${segment} is the one API`, async () => {
      const answer = await service.call('producer', 'GET', `/${segment}/images?limit=0`);

      assert.equal(answer.status, 200);
      assert.equal(answer.json.first, '/v2/images?limit=0');
    });

    test(`${segment} alone leads to where nothing is, for those who may ask`, async () => {
      const known = await service.call('producer', 'GET', `/${segment}`);
      const anonymous = await service.call('nobody', 'GET', `/${segment}`);
      const slash = await service.call('producer', 'GET', `/${segment}/`);

      assert.deepEqual([known.status, anonymous.status, slash.status], [302, 401, 404]);
      assert.equal(known.headers['location'], `${service.url}/v2/`);
    });
  }

  test('may be named by Accept instead of the path', async () => {
    const accept = (version: string) =>
      service.call('producer', 'GET', '/images?limit=0', undefined, {
        accept: `application/vnd.openstack.images-${version}`,
      });

    assert.equal((await accept('v2.3')).status, 200);
    assert.equal((await accept('v9')).status, 300);
  });
});
