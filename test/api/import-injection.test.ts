import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf } from '../support/config.ts';
import { patch } from '../support/images.ts';
import { imported, stagedImage, startImport } from '../support/imports.ts';
import { sharedService } from '../support/service.ts';

const { injectMetadataProperties } = configOf(
  'inject_metadata_properties: {inject: {origin: imported, kind: b}, ignore_user_roles: [Admin]}',
);
const service = await sharedService({ config: { injectMetadataProperties } });
const direct = { method: { name: 'glance-direct' } };

test('an import gives its image the properties of the operator', async () => {
  const { id } = await stagedImage(service);
  await patch(service, id, [{ op: 'add', path: '/kind', value: 'a' }]);

  await startImport(service, id, direct);
  await imported(service, id);
  const { json } = await service.call('producer', 'GET', `/v2/images/${id}`);

  assert.deepEqual([json.status, json['origin'], json['kind']], ['active', 'imported', 'b']);
});

test('what is no property, or no text, is told', () => {
  const wrong = ['{inject: {name: a}}', '{inject: {a: 1}}', '{inject: [a]}', '{other: {}}'];
  for (const text of [...wrong, '{inject: {os_glance_a: b}}', '{ignore_user_roles: admin}', '[]']) {
    assert.throws(() => configOf(`inject_metadata_properties: ${text}`), /inject/, text);
  }
});
