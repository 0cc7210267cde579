import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CallerName, ProjectName } from '../support/callers.ts';
import { createImage, patch, share } from '../support/images.ts';
import { type Answer, sharedService } from '../support/service.ts';

const service = await sharedService();

/** The calls on members, each about one project. */
const calls = {
  add: (caller: CallerName, path: string, member: string) =>
    service.call(caller, 'POST', path, { member }),
  list: (caller: CallerName, path: string) => service.call(caller, 'GET', path),
  show: (caller: CallerName, path: string, member: string) =>
    service.call(caller, 'GET', `${path}/${member}`),
  answer: (caller: CallerName, path: string, member: string) =>
    service.call(caller, 'PUT', `${path}/${member}`, { status: 'accepted' }),
  remove: (caller: CallerName, path: string, member: string) =>
    service.call(caller, 'DELETE', `${path}/${member}`),
} as const;

type Call = keyof typeof calls;

/** An image of the producer that two projects share: the consumer, and the other. */
async function sharedImage(properties: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const { id } = await createImage(service, properties);
  await share(service, id, 'consumer');
  await share(service, id, 'other');
  return id;
}

function membersOf(imageId: string): string {
  return `/v2/images/${imageId}/members`;
}

function memberIds(answer: Answer): string[] {
  return answer.json.members.map((member: { member_id: string }) => member.member_id);
}

/** Who is meant by a call: a project by name, or one that is no member of the image. */
type Subject = ProjectName | 'unknown';

function idOf(subject: Subject): string {
  return subject === 'unknown' ? 'no-such-member' : service.projects[subject];
}

type Row = readonly [
  caller: CallerName,
  subject: Subject,
  statuses: Readonly<Record<Call, number>>,
];

function statuses(add: number, list: number, show: number, answer: number, remove: number) {
  return { add, list, show, answer, remove };
}

/** The table of the contract for a shared image; `add` adds a project that is no member yet. */
const shared: readonly Row[] = [
  ['producer', 'consumer', statuses(200, 200, 200, 403, 204)],
  ['producer', 'unknown', statuses(200, 200, 404, 404, 404)],
  ['consumer', 'consumer', statuses(403, 200, 200, 200, 403)],
  ['consumer', 'other', statuses(403, 200, 404, 404, 404)],
  ['consumer', 'unknown', statuses(403, 200, 404, 404, 404)],
  ['stranger', 'consumer', statuses(404, 404, 404, 404, 404)],
  ['stranger', 'stranger', statuses(404, 404, 404, 404, 404)],
  ['stranger', 'unknown', statuses(404, 404, 404, 404, 404)],
  ['admin', 'consumer', statuses(200, 200, 200, 200, 204)],
  ['admin', 'unknown', statuses(200, 200, 404, 404, 404)],
  ['producer admin', 'consumer', statuses(200, 200, 200, 200, 204)],
  ['producer reader', 'consumer', statuses(403, 200, 200, 403, 403)],
  ['producer reader', 'unknown', statuses(403, 200, 404, 404, 404)],
  ['consumer reader', 'consumer', statuses(403, 200, 200, 403, 403)],
  ['consumer reader', 'other', statuses(403, 200, 404, 404, 404)],
  ['stranger reader', 'consumer', statuses(404, 404, 404, 404, 404)],
  ['unscoped', 'consumer', statuses(404, 404, 404, 404, 404)],
  ['system', 'consumer', statuses(403, 403, 403, 403, 403)],
  ['nobody', 'consumer', statuses(401, 401, 401, 401, 401)],
];

describe('a shared image', () => {
  for (const [caller, subject, expected] of shared) {
    for (const call of Object.keys(calls) as Call[]) {
      test(`${caller} may ${call} ${subject}: ${expected[call]}`, async () => {
        const path = membersOf(await sharedImage());
        const member = call === 'add' ? `new-${subject}` : idOf(subject);

        const answer = await calls[call](caller, path, member);

        assert.equal(answer.status, expected[call], answer.text);
      });
    }
  }

  const lists: readonly (readonly [caller: CallerName, members: readonly ProjectName[]])[] = [
    ['producer', ['consumer', 'other']],
    ['producer reader', ['consumer', 'other']],
    ['admin', ['consumer', 'other']],
    ['consumer', ['consumer']],
    ['consumer reader', ['consumer']],
    ['other', ['other']],
  ];
  for (const [caller, members] of lists) {
    test(`shows ${caller} the members ${members.join(', ')}`, async () => {
      const answer = await service.call(caller, 'GET', membersOf(await sharedImage()));

      assert.deepEqual(memberIds(answer), members.map(idOf));
      assert.deepEqual(Object.keys(answer.json), ['members', 'schema']);
      assert.equal(answer.json.schema, '/v2/schemas/members');
    });
  }

  test('is refused to its owner in the same words whether or not a member answers badly', async () => {
    const path = `${membersOf(await sharedImage())}/${idOf('consumer')}`;

    const bad = await service.call('producer', 'PUT', path, { status: 'bad' });
    const good = await service.call('producer', 'PUT', path, { status: 'accepted' });

    assert.equal(bad.status, 403);
    assert.equal(bad.text, good.text);
  });
});

/** What is answered for an image that is not shared, to those who see it. */
const unshared = statuses(403, 403, 404, 403, 403);
const unseen = statuses(404, 404, 404, 404, 404);

const otherVisibilities: readonly (readonly [
  visibility: string,
  caller: CallerName,
  expected: typeof unshared,
])[] = [
  ['private', 'producer', unshared],
  ['private', 'admin', unshared],
  ['private', 'producer reader', unshared],
  ['private', 'consumer', unseen],
  ['private', 'stranger', unseen],
  ...(['public', 'community'] as const).flatMap((visibility) =>
    (['producer', 'admin', 'consumer', 'consumer reader', 'stranger'] as const).map(
      (caller) => [visibility, caller, unshared] as const,
    ),
  ),
];

describe('an image that is not shared', () => {
  for (const [visibility, caller, expected] of otherVisibilities) {
    for (const call of Object.keys(calls) as Call[]) {
      test(`${visibility}: ${caller} may ${call}: ${expected[call]}`, async () => {
        const id = await sharedImage();
        const change = [{ op: 'replace', path: '/visibility', value: visibility }];
        await patch(service, id, change, 'admin');

        const answer = await calls[call](caller, membersOf(id), idOf('consumer'));

        assert.equal(answer.status, expected[call], answer.text);
        if (expected[call] === 403) assert.match(answer.text, /Only shared images have members/);
      });
    }
  }

  test('gives its members back, answers and all, once it is shared again', async () => {
    const { id } = await createImage(service);
    await share(service, id, 'consumer', 'rejected');
    await patch(service, id, [{ op: 'replace', path: '/visibility', value: 'private' }]);
    const hidden = await service.call('consumer', 'GET', `/v2/images/${id}`);

    await patch(service, id, [{ op: 'replace', path: '/visibility', value: 'shared' }]);
    const back = await service.call('consumer', 'GET', membersOf(id));

    assert.equal(hidden.status, 404);
    assert.equal(back.json.members[0].status, 'rejected');
  });
});

describe('a member', () => {
  test('is answered with its six keys, pending at first', async () => {
    const { id } = await createImage(service);

    const added = await service.call('producer', 'POST', membersOf(id), {
      member: idOf('consumer'),
      status: 'accepted',
      extra: 1,
    });
    const shown = await service.call('consumer', 'GET', `${membersOf(id)}/${idOf('consumer')}`);

    assert.equal(added.status, 200);
    assert.equal(added.headers['content-type'], 'application/json');
    const { created_at, updated_at, ...rest } = added.json;
    assert.match(created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.equal(updated_at, created_at);
    assert.deepEqual(rest, {
      member_id: idOf('consumer'),
      image_id: id,
      status: 'pending',
      schema: '/v2/schemas/member',
    });
    assert.deepEqual(shown.json, added.json);
  });

  test('changes its mind any number of times', async () => {
    const { id } = await createImage(service);
    await share(service, id, 'consumer');
    const path = `${membersOf(id)}/${idOf('consumer')}`;

    for (const status of ['accepted', 'accepted', 'rejected', 'pending', 'rejected', 'accepted']) {
      // openstackclient sends the member beside the status.
      const body = { status, member: idOf('consumer') };
      const answer = await service.call('consumer', 'PUT', path, body);

      assert.equal(answer.status, 200);
      assert.equal(answer.json.status, status);
    }
  });

  test('reads, whatever it answered, but changes nothing', async () => {
    const { id } = await createImage(service);
    await share(service, id, 'consumer');
    const path = `/v2/images/${id}`;
    for (const status of ['pending', 'accepted', 'rejected'] as const) {
      const mine = `${membersOf(id)}/${idOf('consumer')}`;
      await service.call('consumer', 'PUT', mine, { status });

      const shown = await service.call('consumer', 'GET', path);
      const data = await service.call('consumer', 'GET', `${path}/file`);
      const changed = await patch(service, id, [{ op: 'add', path: '/a', value: 'b' }], 'consumer');
      const deleted = await service.call('consumer', 'DELETE', path);

      assert.deepEqual([shown.status, data.status], [200, 204], status);
      assert.deepEqual([changed.status, deleted.status], [403, 403], status);
    }
  });

  test('loses access at once when it is removed, and is pending when added again', async () => {
    const { id } = await createImage(service);
    await share(service, id, 'consumer', 'accepted');

    await service.call('producer', 'DELETE', `${membersOf(id)}/${idOf('consumer')}`);
    const seen = await service.call('consumer', 'GET', `/v2/images/${id}`);
    const again = await service.call('producer', 'POST', membersOf(id), {
      member: idOf('consumer'),
    });

    assert.equal(seen.status, 404);
    assert.equal(again.json.status, 'pending');
  });

  test('may be any text, and is found by exactly that text', async () => {
    const { id } = await createImage(service);
    const names = ['123456', '9876543', 'Ü/ %?#', 'x'.repeat(255), '..', 'ABC', '5'];
    for (const member of names) {
      const added = await service.call('producer', 'POST', membersOf(id), { member });
      assert.equal(added.status, 200, member);
    }

    for (const member of names) {
      const path = `${membersOf(id)}/${encodeURIComponent(member)}`;
      const shown = await service.call('producer', 'GET', path);
      assert.equal(shown.json?.member_id, member);
    }
    const other = await service.call('producer', 'GET', `${membersOf(id)}/abc`);
    assert.equal(other.status, 404);
    const list = await service.call('producer', 'GET', membersOf(id));
    assert.deepEqual(memberIds(list), names, 'in order of adding');
  });

  test('may be the owner itself, which then answers for itself', async () => {
    const { id } = await createImage(service);
    await share(service, id, 'producer');

    const path = `${membersOf(id)}/${idOf('producer')}`;
    const answer = await service.call('producer', 'PUT', path, { status: 'accepted' });

    assert.equal(answer.status, 200);
  });

  test('does not answer for another, not even as the owner', async () => {
    const { id } = await createImage(service);
    for (const project of ['producer', 'consumer'] as const) await share(service, id, project);

    const path = `${membersOf(id)}/${idOf('consumer')}`;
    const answer = await service.call('producer', 'PUT', path, { status: 'accepted' });

    assert.equal(answer.status, 403);
  });

  test('twice is a conflict that names it', async () => {
    const path = membersOf(await sharedImage());

    const answer = await service.call('producer', 'POST', path, { member: idOf('consumer') });

    assert.equal(answer.status, 409);
    assert.ok(answer.text.includes(idOf('consumer')));
  });

  test('goes with its image', async () => {
    const id = await sharedImage();

    await service.call('producer', 'DELETE', `/v2/images/${id}`);

    assert.equal((await service.call('consumer', 'GET', membersOf(id))).status, 404);
  });
});

describe('an unknown image', () => {
  test('and one that may not be seen are refused in the same words', async () => {
    const hidden = await createImage(service);
    const unknown = '00000000-0000-0000-0000-000000000000';

    for (const call of Object.keys(calls) as Call[]) {
      const one = await calls[call]('stranger', membersOf(hidden.id), 'x');
      const other = await calls[call]('stranger', membersOf(unknown), 'x');

      assert.deepEqual([one.status, other.status], [404, 404]);
      assert.equal(one.text.replaceAll(hidden.id, unknown), other.text);
    }
  });
});
