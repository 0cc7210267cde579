import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf } from '../support/config.ts';
import { createImage, dataType, patch, share } from '../support/images.ts';
import { sharedService, startTestService, type TestService } from '../support/service.ts';

const { policies } = configOf(
  `policies:
  publicize_image: role:admin or (role:member and owner)
  get_image: role:admin or (role:reader and (owner or member or (public and not role:member)))
  add_member: modify_image and not public
  modify_image: role:admin or (role:member and (owner or member))
  upload_image: modify_image
  deactivate: modify_image
  delete_image: modify_image`,
);
const service = await sharedService({ config: { policies } });

test('an action follows the rule that replaced the default', async () => {
  const { id } = await createImage(service);
  const operation = { op: 'add', path: '/visibility', value: 'public' };

  const published = await patch(service, id, [operation]);

  assert.equal(published.json.visibility, 'public');
  assert.equal((await patch(service, id, [operation], 'producer admin')).status, 200);
});

test('an image that the rule hides is not found by id, in lists or as a marker', async () => {
  const hidden = await createImage(service, { visibility: 'public', name: 'hidden' });

  const byId = await service.call('stranger', 'GET', `/v2/images/${hidden.id}`);
  const listed = await service.call('stranger', 'GET', '/v2/images?name=hidden');
  const after = await service.call('stranger', 'GET', `/v2/images?marker=${hidden.id}`);
  const toReader = await service.call('stranger reader', 'GET', '/v2/images?name=hidden');

  assert.equal(byId.status, 404);
  assert.deepEqual(listed.json.images, []);
  assert.equal(after.status, 400);
  assert.deepEqual(
    toReader.json.images.map((image: { id: string }) => image.id),
    [hidden.id],
  );
});

test('pages are full although the rule hides what lies between', async () => {
  const tag = 'paged';
  const expected: string[] = [];
  for (let index = 0; index < 7; index++) {
    await createImage(service, { visibility: 'public', tags: [tag] });
    if (index % 2 === 0) continue;
    const offered = await createImage(service, { tags: [tag] });
    await share(service, offered.id, 'consumer', 'accepted');
    expected.unshift(offered.id);
  }

  const found: string[] = [];
  let path: string | undefined = `/v2/images?tag=${tag}&limit=2`;
  while (path !== undefined) {
    const { json } = await service.call('consumer', 'GET', path);
    found.push(...json.images.map((image: { id: string }) => image.id));
    path = json.next;
  }

  assert.deepEqual(found, expected);
});

/** Puts so many images beside one, which differ from it in nothing but their ids. */
async function copyImage(from: TestService, id: string, count: number): Promise<void> {
  await using database = await from.openDatabase();
  await database.transaction(async (db) => {
    const image = await db
      .selectFrom('images')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    const copies = Array.from({ length: count }, (_, n) => ({
      ...image,
      id: `${n.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`,
    }));
    for (let first = 0; first < count; first += 1000) {
      await db
        .insertInto('images')
        .values(copies.slice(first, first + 1000))
        .execute();
    }
  });
}

test('however many images the rule hides, a request looks at some and the list leads on', async () => {
  await using crowded = await startTestService({ config: { policies } });
  const { id } = await createImage(crowded, { visibility: 'private', name: 'oldest' }, 'consumer');
  const hidden = await createImage(crowded, { visibility: 'public' });
  await copyImage(crowded, hidden.id, 12_000);

  const first = await crowded.call('consumer', 'GET', '/v2/images?limit=5');
  const second = await crowded.call('consumer', 'GET', first.json.next);
  const stranger = await crowded.call('stranger', 'GET', first.json.next);

  assert.deepEqual(first.json.images, []);
  assert.doesNotMatch(first.json.next, /0000/);
  assert.deepEqual(
    second.json.images.map((image: { id: string }) => image.id),
    [id],
  );
  assert.equal(second.json.next, undefined);
  assert.equal(stranger.status, 400);
});

test('a member of the image may do all that rules let members do', async () => {
  const { id } = await createImage(service);
  await share(service, id, 'consumer', 'pending');
  const path = `/v2/images/${id}`;
  const rename = { op: 'replace', path: '/name', value: 'theirs' };

  const renamed = await patch(service, id, [rename, rename], 'consumer');
  const tagged = await service.call('consumer', 'PUT', `${path}/tags/theirs`);
  const uploaded = await service.call('consumer', 'PUT', `${path}/file`, 'data', dataType);
  const switched = await service.call('consumer', 'POST', `${path}/actions/deactivate`);
  const deleted = await service.call('consumer', 'DELETE', path);

  assert.equal(renamed.json?.name, 'theirs');
  const statuses = [tagged, uploaded, switched, deleted].map(({ status }) => status);
  assert.deepEqual(statuses, [204, 204, 204, 204]);
});
