import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf } from '../support/config.ts';
import { createImage, patch } from '../support/images.ts';
import { sharedService } from '../support/service.ts';

const { imageSchema } = configOf(`image_schema:
  properties:
    team:
      type: string
      description: Who looks after the image
      enum: [red, blue]
  required: [team]
`);
const service = await sharedService({ config: { imageSchema } });

test('clients find what the operator documents', async () => {
  const { json } = await service.call('producer', 'GET', '/v2/schemas/image');

  assert.deepEqual(json.properties.team.enum, ['red', 'blue']);
  assert.equal(json.properties.team.is_base, false);
  assert.deepEqual(json.required, ['team']);
});

test('an image is made and changed only as the operator says', async () => {
  const missing = await service.call('producer', 'POST', '/v2/images', { name: 'n' });
  const wrong = await service.call('producer', 'POST', '/v2/images', { team: 'green' });
  const { id, team } = await createImage(service, { team: 'red' });
  const operation = { path: '/team', value: 'blue' };
  const changed = await patch(service, id, [{ op: 'replace', ...operation }]);
  const removed = await patch(service, id, [{ op: 'remove', path: '/team' }]);

  assert.deepEqual([missing.status, wrong.status], [400, 400]);
  assert.match(missing.text, /team: is required/);
  assert.match(wrong.text, /team: must be one of red, blue/);
  assert.equal(team, 'red');
  assert.equal(changed.json.team, 'blue');
  assert.equal(removed.status, 400);
});

test('a configuration that adds nonsense is refused with every problem', () => {
  assert.throws(() => configOf('image_schema: {properties: {name: {}}, required: [size]}'), {
    problems: [
      'vitrine.yaml:1: image_schema: properties.name: is a property of the API itself.',
      'vitrine.yaml:1: image_schema: required: size is no property that callers give.',
    ],
  });
});
