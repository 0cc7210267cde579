import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf } from '../support/config.ts';
import { sharedService } from '../support/service.ts';

const { publicEndpoint } = configOf('public_endpoint: https://images.example.com/cloud/');
const behindProxy = await sharedService({ config: { publicEndpoint } });
const direct = await sharedService();

test('links name the address that the operator gives', async () => {
  const created = await behindProxy.call('producer', 'POST', '/v2/images', {});
  const versions = await behindProxy.call('nobody', 'GET', '/');
  const moved = await behindProxy.call('producer', 'GET', '/v2');

  const base = 'https://images.example.com/cloud';
  assert.equal(created.headers['location'], `${base}/v2/images/${created.json.id}`);
  assert.equal(versions.json.versions[0].links[0].href, `${base}/v2/`);
  assert.equal(moved.headers['location'], `${base}/v2/`);
});

test('links name the address of the request where the operator gives none', async () => {
  const host = { host: 'images.example.org:8080' };
  const created = await direct.call('producer', 'POST', '/v2/images', {}, host);

  const expected = `http://images.example.org:8080/v2/images/${created.json.id}`;
  assert.equal(created.headers['location'], expected);
});
