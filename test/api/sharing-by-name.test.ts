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

  test('is shown and answered by the name, and the answer names the id', async () => {
    const { id } = await shareAs(service, 'consumer');
    const path = `/v2/images/${id}/members/consumer`;
    const callers = ['producer', 'consumer', 'admin', 'consumer reader'] as const;

    const accepted = await service.call('consumer', 'PUT', path, { status: 'accepted' });
    const shown = await Promise.all(callers.map((caller) => service.call(caller, 'GET', path)));
    const byAdmin = await service.call('admin', 'PUT', path, { status: 'rejected' });

    const { consumer } = service.projects;
    assert.deepEqual([accepted.status, accepted.json.member_id], [200, consumer]);
    for (const { status, json } of shown) {
      assert.deepEqual([status, json.member_id, json.status], [200, consumer, 'accepted']);
    }
    assert.deepEqual([byAdmin.status, byAdmin.json.status], [200, 'rejected']);
  });

  test('is not answered by its owner, nor taken back by its member, by name as by id', async () => {
    const { id } = await shareAs(service, 'consumer');

    for (const member of ['consumer', service.projects.consumer]) {
      const path = `/v2/images/${id}/members/${member}`;
      const answered = await service.call('producer', 'PUT', path, { status: 'accepted' });
      const nonsense = await service.call('consumer', 'PUT', path, { status: 'maybe' });
      const left = await service.call('consumer', 'DELETE', path);

      assert.deepEqual([answered.status, nonsense.status, left.status], [403, 400, 403]);
    }
  });

  test('has a member as it was typed, though a project has that name', async () => {
    const { id } = await createImage(service);
    const members = `/v2/images/${id}/members`;
    await service.call('producer', 'POST', members, { member: 'typed' });
    const project = { name: 'typed' };
    const made = await service.call('admin', 'POST', '/identity/v3/projects', { project });

    const shown = await service.call('producer', 'GET', `${members}/typed`);
    const removed = await service.call('producer', 'DELETE', `${members}/typed`);

    assert.equal(made.status, 201);
    assert.equal(shown.json.member_id, 'typed');
    assert.equal(removed.status, 204);
  });

  test('tells a member of nobody but itself, and nobody the id of a name', async () => {
    const { id } = await shareAs(service, 'consumer');
    await service.call('producer', 'POST', `/v2/images/${id}/members`, { member: 'other' });
    const names = ['stranger', 'no-such-name', 'other'];

    for (const method of ['GET', 'DELETE'] as const) {
      for (const [caller, asked] of [
        ['consumer', names],
        ['producer', names.slice(0, 2)],
      ] as const) {
        for (const name of asked) {
          const answer = await service.call(caller, method, `/v2/images/${id}/members/${name}`);

          assert.equal(answer.status, 404);
          assert.match(answer.text, new RegExp(`${name} is not in the list of members of image`));
          assert(!Object.values(service.projects).some((one) => answer.text.includes(one)));
        }
      }
    }
  });

  test('is found by no name while it is not shared, nor by who does not see it', async () => {
    const { id } = await shareAs(service, 'consumer');
    const path = `/v2/images/${id}/members/consumer`;
    const body = [{ op: 'replace', path: '/visibility', value: 'private' }];
    const type = { 'content-type': 'application/openstack-images-v2.1-json-patch' };

    const foreign = await service.call('stranger', 'GET', path);
    const changed = await service.call('producer', 'PATCH', `/v2/images/${id}`, body, type);
    const hidden = await service.call('producer', 'GET', path);

    assert.deepEqual([foreign.status, changed.status, hidden.status], [404, 200, 404]);
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

  test('has the unknown ones of many refused alone, or all of them where that is asked for', async () => {
    const { id } = await createImage(strict);
    const shareMany = (all_or_nothing: boolean) =>
      strict.call('producer', 'POST', '/vitrine/v1/shares', {
        images: [id],
        members: ['no-such-name', 'consumer'],
        all_or_nothing,
      });

    const none = await shareMany(true);
    const { json } = await strict.call('producer', 'GET', `/v2/images/${id}/members`);
    const each = await shareMany(false);

    const refused = 'member: no such project is known; its id or its exact name is wanted.';
    assert.equal(none.status, 400);
    assert.deepEqual(json.members, []);
    assert.deepEqual(
      each.json.results.map(({ member, status, error }: Record<string, string>) => [
        member,
        status,
        error,
      ]),
      [
        ['no-such-name', null, refused],
        ['consumer', 'pending', null],
      ],
    );
  });

  test('has what is no member refused as before when it is removed', async () => {
    const { id } = await createImage(strict);

    const removed = await strict.call('producer', 'DELETE', `/v2/images/${id}/members/nobody`);

    assert.equal(removed.status, 404);
  });
});

test('an operator who wants no names looked up has every id taken as it is', async () => {
  const { id, answer } = await shareAs(off, 'consumer');
  const { consumer } = off.projects;
  await off.call('producer', 'POST', `/v2/images/${id}/members`, { member: consumer });
  await off.call('producer', 'DELETE', `/v2/images/${id}/members/consumer`);

  for (const caller of ['producer', 'consumer'] as const) {
    const byName = await off.call(caller, 'GET', `/v2/images/${id}/members/consumer`);
    const byId = await off.call(caller, 'GET', `/v2/images/${id}/members/${consumer}`);

    assert.deepEqual([byName.status, byId.status], [404, 200]);
  }

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
  await service.call('other', 'DELETE', `${path}/consumer`);
  await service.call('other', 'POST', path, { member: service.projects.consumer });
  const shown = await service.call('other', 'GET', `${path}/consumer`);

  assert.deepEqual(told[0], [200, 'unknown-project']);
  assert.deepEqual(told.at(-1), [200, undefined]);
  assert.equal(named.json.member_id, 'consumer');
  assert.equal(shown.status, 404);
});

test('a project that shares with many goes on to share with those whom it has found before', async () => {
  const path = async () => {
    const { json } = await service.call('stranger', 'POST', '/v2/images', {});
    return `/v2/images/${json.id}/members`;
  };
  const before = await service.call('stranger', 'POST', await path(), { member: 'consumer' });
  const words = await path();
  for (let n = 0; n < 40; n += 1) {
    await service.call('stranger', 'POST', words, { member: `word-${n}` });
  }

  const after = await service.call('stranger', 'POST', await path(), { member: 'consumer' });
  const another = await service.call('stranger', 'POST', await path(), { member: 'producer' });

  for (const { json } of [before, after]) assert.equal(json.member_id, service.projects.consumer);
  assert.equal(another.json.member_id, 'producer');
});
