import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createImage } from '../support/images.ts';
import { type Answer, sharedService, type TestService } from '../support/service.ts';

const service = await sharedService();
const strict = await sharedService({ config: { shareByName: 'strict' } });
const off = await sharedService({ config: { shareByName: 'off' } });

const header = 'x-vitrine-member';

/** Shares a new image of the producer. */
async function shareAs(
  on: TestService,
  member: string,
): Promise<{ readonly id: string; readonly answer: Answer }> {
  const { id } = await createImage(on);
  return { id, answer: await on.call('producer', 'POST', `/v2/images/${id}/members`, { member }) };
}

describe('an image that is shared with a name', () => {
  test('is shared with the project of that name, which then has it', async () => {
    const { id, answer } = await shareAs(service, 'consumer');

    const { json } = await service.call('consumer', 'GET', `/v2/images/${id}`);
    assert.equal(answer.status, 200);
    assert.equal(answer.json.member_id, service.projects.consumer);
    assert.equal(answer.headers[header], 'found-by-name');
    assert.equal(json.id, id);
  });

  test('cannot be shared with the same project twice, by name and by id', async () => {
    const { id } = await shareAs(service, 'consumer');

    for (const member of ['consumer', service.projects.consumer]) {
      const again = await service.call('producer', 'POST', `/v2/images/${id}/members`, { member });

      assert.equal(again.status, 409);
    }
  });

  test('is taken back by the name too', async () => {
    const { id } = await shareAs(service, 'consumer');
    const path = `/v2/images/${id}/members/consumer`;

    const removed = await service.call('producer', 'DELETE', path);

    assert.equal(removed.status, 204);
    assert.equal((await service.call('consumer', 'GET', `/v2/images/${id}`)).status, 404);
    assert.equal((await service.call('producer', 'DELETE', path)).status, 404);
  });

  test('is shared with the id as typed when no project has exactly that name', async () => {
    for (const member of ['123456', 'Consumer', 'consume', 'consumer ', '%']) {
      const { answer } = await shareAs(service, member);

      assert.equal(answer.status, 200);
      assert.equal(answer.json.member_id, member);
      assert.equal(answer.headers[header], 'unknown-project');
    }
  });

  test('is shared with an id that exists without a word of it', async () => {
    const { answer } = await shareAs(service, service.projects.consumer);

    assert.equal(answer.json.member_id, service.projects.consumer);
    assert.equal(answer.headers[header], undefined);
  });

  test('tells nobody but who may share it whether a name exists', async () => {
    const { id } = await createImage(service, { visibility: 'shared' });
    await service.call('producer', 'POST', `/v2/images/${id}/members`, { member: 'consumer' });

    const answers = await Promise.all(
      ['other', 'no-such-name'].map((member) =>
        service.call('consumer', 'POST', `/v2/images/${id}/members`, { member }),
      ),
    );

    for (const { status, headers } of answers) {
      assert.equal(status, 403);
      assert.equal(headers[header], undefined);
    }
    assert.equal(answers[0]?.text, answers[1]?.text);
  });
});

describe('an operator who wants every member known', () => {
  test('has unknown ones refused, and nothing is kept', async () => {
    const { id, answer } = await shareAs(strict, 'no-such-name');

    const { json } = await strict.call('producer', 'GET', `/v2/images/${id}/members`);
    assert.equal(answer.status, 400);
    assert.match(answer.text, /member: no such project is known/);
    assert.deepEqual(json.members, []);
  });

  test('has known ones taken, by name and by id', async () => {
    for (const member of ['consumer', strict.projects.consumer]) {
      const { answer } = await shareAs(strict, member);

      assert.equal(answer.json.member_id, strict.projects.consumer);
    }
  });

  test('has what is no member refused as before when it is removed', async () => {
    const { id } = await createImage(strict);

    const removed = await strict.call('producer', 'DELETE', `/v2/images/${id}/members/nobody`);

    assert.equal(removed.status, 404);
  });
});

test('an operator who wants no names looked up has every id taken as it is', async () => {
  const { answer } = await shareAs(off, 'consumer');

  assert.equal(answer.json.member_id, 'consumer');
  assert.equal(answer.headers[header], undefined);
});

test('a project that tries out many names is told nothing more of them', async () => {
  const created = await service.call('other', 'POST', '/v2/images', {});
  const path = `/v2/images/${created.json.id}/members`;
  const told = [];

  for (let n = 0; n < 40; n += 1) {
    const { status, headers } = await service.call('other', 'POST', path, { member: `word-${n}` });
    told.push([status, headers[header]]);
  }
  const named = await service.call('other', 'POST', path, { member: 'consumer' });

  assert.deepEqual(told[0], [200, 'unknown-project']);
  assert.deepEqual(told.at(-1), [200, undefined]);
  assert.equal(named.json.member_id, 'consumer');
});
