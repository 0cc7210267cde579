import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startIdentity } from '../support/identity.ts';

test('the region is told to everyone, services and endpoints to admins', async () => {
  await using service = await startIdentity({ region: 'north' });
  const [admin, producer] = [await service.token('admin'), await service.token('producer')];

  const regions = await service.call({ path: '/v3/regions', token: producer });
  const region = await service.call({ path: '/v3/regions/north', token: producer });
  const other = await service.call({ path: '/v3/regions/south', token: producer });
  const services = await service.call({ path: '/v3/services', token: admin });
  const image = await service.call({ path: '/v3/services?type=image', token: admin });
  const endpoints = await service.call({
    path: '/v3/endpoints?interface=public&service_id=image',
    token: admin,
  });
  const refused = await Promise.all(
    ['/v3/services', '/v3/endpoints', '/v3/services/image'].map((path) =>
      service.call({ path, token: producer }),
    ),
  );

  assert.deepEqual(regions.json.regions, [region.json.region]);
  assert.partialDeepStrictEqual(region.json.region, { id: 'north', parent_region_id: null });
  assert.equal(other.status, 404);
  const types = services.json.services.map(({ type }: { type: string }) => type);
  assert.deepEqual(types, ['identity', 'image']);
  assert.equal(image.json.services.length, 1);
  assert.equal(endpoints.json.endpoints.length, 1);
  assert.partialDeepStrictEqual(endpoints.json.endpoints[0], {
    service_id: 'image',
    region_id: 'north',
    interface: 'public',
    url: 'http://localhost:80',
    enabled: true,
  });
  assert.deepEqual(
    refused.map(({ status }) => status),
    [403, 403, 403],
  );
});

test('an admin describes and renames a role, but not those that the service needs', async () => {
  await using service = await startIdentity();
  const token = await service.token('admin');
  const made = await service.call({
    method: 'POST',
    path: '/v3/roles',
    token,
    body: { role: { name: 'auditor' } },
  });
  const change = async (id: string, role: unknown, by = token) =>
    await service.call({ method: 'PATCH', path: `/v3/roles/${id}`, token: by, body: { role } });
  const { id } = made.json.role;
  const reader = await service.call({ path: '/v3/roles?name=reader', token });

  const renamed = await change(id, { name: 'looker', description: 'looks' });
  const taken = await change(id, { name: 'Reader' });
  const needed = await change(reader.json.roles[0].id, { name: 'other' });
  const described = await change(reader.json.roles[0].id, { description: 'reads' });
  const foreign = await change(id, { name: 'x' }, await service.token('producer'));
  const unknown = await change('none', { name: 'x' });

  assert.partialDeepStrictEqual(renamed.json.role, { id, name: 'looker', description: 'looks' });
  assert.deepEqual(
    [taken, needed, described, foreign, unknown].map(({ status }) => status),
    [409, 403, 200, 403, 404],
  );
});
