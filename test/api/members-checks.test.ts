import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { countByStatus, createImage, patch, share } from '../support/images.ts';
import { sharedService } from '../support/service.ts';

const service = await sharedService();
const quota = 128;
const unknown = '00000000-0000-0000-0000-000000000000';

function membersOf(imageId: string): string {
  return `/v2/images/${imageId}/members`;
}

function add(imageId: string, member: unknown, caller: 'producer' | 'consumer' = 'producer') {
  return service.call(caller, 'POST', membersOf(imageId), { member });
}

async function privateImage(): Promise<string> {
  return (await createImage(service, { visibility: 'private' })).id;
}

/** An image with as many members as it may have; the consumer is one of them. */
async function fullImage(): Promise<string> {
  const { id } = await createImage(service);
  await share(service, id, 'consumer');
  const others = Array.from({ length: quota - 1 }, (_, index) => add(id, `member-${index}`));
  assert.deepEqual(countByStatus(await Promise.all(others)), { 200: quota - 1 });
  return id;
}

describe('adding checks', () => {
  test('the body before the image', async () => {
    assert.equal((await add(unknown, '')).status, 400);
  });

  test('the image before its visibility', async () => {
    assert.equal((await add(await privateImage(), 'x', 'consumer')).status, 404);
  });

  test('its visibility before the caller', async () => {
    const image = await createImage(service, { visibility: 'public' }, 'admin');

    const answer = await add(image.id, 'x', 'consumer');

    assert.equal(answer.status, 403);
    assert.match(answer.text, /Only shared images have members/);
  });

  test('the caller before the quota, and the quota before the member', async () => {
    const id = await fullImage();

    assert.equal((await add(id, 'one more', 'consumer')).status, 403);
    assert.equal((await add(id, service.projects.consumer)).status, 413);
  });
});

describe('answering checks', () => {
  const path = (imageId: string, member: string) => `${membersOf(imageId)}/${member}`;

  test('the body before the image', async () => {
    const answer = await service.call('consumer', 'PUT', path(unknown, 'x'), {});

    assert.equal(answer.status, 400);
  });

  test('the image before anything else', async () => {
    const hidden = path(await privateImage(), 'x');

    const answer = await service.call('consumer', 'PUT', hidden, { status: 'bad' });

    assert.equal(answer.status, 404);
  });

  test('its visibility before the member', async () => {
    const answer = await service.call('producer', 'PUT', path(await privateImage(), 'x'), {
      status: 'bad',
    });

    assert.equal(answer.status, 403);
  });

  test('the member before the caller, the caller before the status', async () => {
    const { id } = await createImage(service);
    await share(service, id, 'consumer');
    const consumer = path(id, service.projects.consumer);
    const bad = { status: 'bad' };

    const unknownMember = await service.call('producer', 'PUT', path(id, 'x'), bad);
    const byOwner = await service.call('producer', 'PUT', consumer, bad);
    const byConsumer = await service.call('consumer', 'PUT', consumer, bad);

    assert.deepEqual([unknownMember.status, byOwner.status, byConsumer.status], [404, 403, 400]);
    assert.match(byConsumer.text, /status: must be pending, accepted or rejected/);
  });
});

describe('the quota', () => {
  test('holds exactly when members are added at the same time', async () => {
    const { id } = await createImage(service);
    const attempts = quota + 64;

    const adding = Array.from({ length: attempts }, (_, index) => add(id, `member-${index}`));
    const answers = await Promise.all(adding);
    const list = await service.call('producer', 'GET', membersOf(id));

    assert.deepEqual(countByStatus(answers), { 200: quota, 413: attempts - quota });
    assert.equal(list.json.members.length, quota);
  });

  test('holds to the last one: 64 at once for one place', async () => {
    const id = await fullImage();
    await service.call('producer', 'DELETE', `${membersOf(id)}/member-0`);

    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, index) => add(id, `late-${index}`)),
    );
    const list = await service.call('producer', 'GET', membersOf(id));

    assert.deepEqual(countByStatus(answers), { 200: 1, 413: 63 });
    assert.equal(list.json.members.length, quota);
  });

  test('counts members that are there, not those that were', async () => {
    const id = await fullImage();
    assert.equal((await add(id, 'one more')).status, 413);

    await service.call('producer', 'DELETE', `${membersOf(id)}/member-0`);

    assert.equal((await add(id, 'one more')).status, 200);
  });

  test('names what there is too much of', async () => {
    const answer = await add(await fullImage(), 'one more');

    assert.match(answer.text, /members: at most 128 are allowed/);
  });
});

describe('at the same time', () => {
  test('20 times the same member is added once', async () => {
    const { id } = await createImage(service);

    const answers = await Promise.all(Array.from({ length: 20 }, () => add(id, 'the same')));
    const list = await service.call('producer', 'GET', membersOf(id));

    assert.deepEqual(countByStatus(answers), { 200: 1, 409: 19 });
    assert.equal(list.json.members.length, 1);
  });

  test('a member is removed once', async () => {
    const { id } = await createImage(service);
    await add(id, 'the same');

    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        service.call('producer', 'DELETE', `${membersOf(id)}/the%20same`),
      ),
    );

    assert.deepEqual(countByStatus(answers), { 204: 1, 404: 19 });
  });

  test('adding and deleting the image leave no member behind', async () => {
    const { id } = await createImage(service);

    const adding = Array.from({ length: 10 }, (_, index) => add(id, `member-${index}`));
    const deleting = service.call('producer', 'DELETE', `/v2/images/${id}`);
    const answers = await Promise.all([...adding, deleting]);

    for (const answer of answers) assert.ok([200, 204, 404].includes(answer.status), answer.text);
    assert.equal((await deleting).status, 204);
    assert.equal((await service.call('admin', 'GET', membersOf(id))).status, 404);
  });
});

test('a whole share, from the first image to the last refusal', async () => {
  const { producer, consumer } = service.projects;
  const image = await createImage(service, { name: 'golden' });
  const path = `/v2/images/${image.id}`;
  const mine = `${membersOf(image.id)}/${consumer}`;
  const listed = async (query = '') => {
    const { json } = await service.call('consumer', 'GET', `/v2/images${query}`);
    return json.images.some(({ id }: { id: string }) => id === image.id);
  };
  const status = async (...call: Parameters<typeof service.call>) =>
    (await service.call(...call)).status;

  assert.equal(image['owner'], producer);
  assert.equal(await status('consumer', 'GET', path), 404);
  assert.equal(await status('producer', 'POST', membersOf(image.id), { member: consumer }), 200);
  assert.equal(await status('consumer', 'GET', path), 200);
  assert.equal(await listed(), false);
  assert.equal(await listed('?visibility=shared&member_status=pending'), true);
  assert.equal(await status('producer', 'PUT', mine, { status: 'accepted' }), 403);
  assert.equal(await status('consumer', 'PUT', mine, { status: 'accepted' }), 200);
  assert.equal(await listed(), true);
  const change = [{ op: 'add', path: '/a', value: 'b' }];
  assert.equal((await patch(service, image.id, change, 'consumer')).status, 403);
  assert.equal(await status('consumer', 'DELETE', mine), 403);
  assert.equal(await status('producer', 'DELETE', mine), 204);
  assert.equal(await status('consumer', 'GET', path), 404);
});
