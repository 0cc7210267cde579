import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedService } from '../support/service.ts';

const service = await sharedService();

test('no import method is offered, to anybody with a token', async () => {
  const answer = await service.call('stranger reader', 'GET', '/v2/info/import');

  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json['import-methods'].value, []);
  assert.equal(answer.json['import-methods'].type, 'array');
});

test('the import methods are for those with a token', async () => {
  const answer = await service.call('nobody', 'GET', '/v2/info/import');

  assert.equal(answer.status, 401);
});
