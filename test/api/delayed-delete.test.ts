import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createActiveImage, createImage, share } from '../support/images.ts';
import { countedUsage } from '../support/quotas.ts';
import { sharedService, startTestService } from '../support/service.ts';

const service = await sharedService({
  config: { delayedDelete: true, scrubTime: 3600, imageCountTotal: 1000 },
});

function restore(imageId: string, caller: 'admin' | 'producer' = 'admin') {
  return service.call(caller, 'POST', `/vitrine/v1/images/${imageId}/restore`);
}

/** A deleted image with data, tags, properties and members; as it was. */
async function deletedImage() {
  const properties = { name: 'kept', tags: ['b', 'a'], os_distro: 'debian' };
  const image = await createActiveImage(service, 'hello', properties);
  await share(service, image.id, 'consumer', 'accepted');
  await share(service, image.id, 'other');
  const path = `/v2/images/${image.id}`;
  const before = (await service.call('producer', 'GET', path)).json;
  const members = (await service.call('producer', 'GET', `${path}/members`)).json;
  assert.equal((await service.call('producer', 'DELETE', path)).status, 204);
  return { id: image.id, path, before, members };
}

describe('an image that waits to be scrubbed', () => {
  test('is not there for anybody', async () => {
    const { id, path } = await deletedImage();

    for (const caller of ['admin', 'producer', 'consumer'] as const) {
      assert.equal((await service.call(caller, 'GET', path)).status, 404);
      assert.equal((await service.call(caller, 'GET', `${path}/file`)).status, 404);
      assert.equal((await service.call(caller, 'GET', `${path}/members`)).status, 404);
      assert.equal((await service.call(caller, 'DELETE', path)).status, 404);
      const list = await service.call(caller, 'GET', `/v2/images?id=${id}&visibility=all`);
      assert.deepEqual(list.json.images, []);
    }
  });

  test('keeps its id to itself', async () => {
    const { id } = await deletedImage();

    assert.equal((await service.call('producer', 'POST', '/v2/images', { id })).status, 409);
  });

  test('goes on counting', async () => {
    const count = async () =>
      (await service.call('producer', 'GET', '/v2/info/usage')).json.usage.image_count_total.usage;
    const before = await count();

    await deletedImage();

    assert.equal(await count(), before + 1);
  });

  test('comes back as it was, with its members and data', async () => {
    const { id, path, before, members } = await deletedImage();

    const answer = await restore(id);

    assert.equal(answer.status, 200);
    assert.equal(answer.json.status, 'active');
    const { updated_at: _, ...shown } = (await service.call('producer', 'GET', path)).json;
    const { updated_at: __, ...was } = before;
    assert.deepEqual(shown, was);
    const shownMembers = (await service.call('producer', 'GET', `${path}/members`)).json;
    assert.deepEqual(shownMembers, members);
    assert.equal((await service.call('consumer', 'GET', `${path}/file`)).text, 'hello');
    const found = await service.call('consumer', 'GET', '/v2/images?tag=a&os_distro=debian');
    assert.ok(found.json.images.some((image: { id: string }) => image.id === id));
  });

  test('comes back to who is still in the family or the group by which it was a member, for as long', async () => {
    const { producer, consumer, other } = service.projects;
    const own = (method: string, path: string, body?: unknown) =>
      service.call('producer', method, `/vitrine/v1${path}`, body);
    const family = `/families/${producer}/restored`;
    const { id } = await createActiveImage(service, 'hello', { name: 'of a family' });
    await own('POST', `${family}/promotion`, { image_id: id });
    await own('PUT', `${family}/members/${consumer}`, {});
    await own('PUT', `${family}/members/${other}`, {});
    const members = async () =>
      (await service.call('producer', 'GET', `/v2/images/${id}/members`)).json.members.map(
        (one: { member_id: string }) => one.member_id,
      );
    const before = await members();
    await service.call('producer', 'DELETE', `/v2/images/${id}`);
    await own('DELETE', `${family}/members/${other}`);
    assert.equal((await restore(id)).status, 200);
    const restored = await members();
    await own('DELETE', family);

    assert.deepEqual(before.toSorted(), [consumer, other].toSorted());
    assert.deepEqual(restored, [consumer]);
    assert.deepEqual(await members(), [], 'not one that the end of the family leaves behind');
  });

  test('is listed for requests again, with what was downloaded of it', async () => {
    const { id } = await createActiveImage(service, 'hello', { name: 'listed' });
    await share(service, id, 'consumer', 'accepted');
    const listing = { summary: 'ask for it' };
    const listed = await service.call('producer', 'PUT', `/vitrine/v1/catalogue/${id}`, listing);
    assert.equal(listed.status, 204, listed.text);
    await service.call('consumer', 'GET', `/v2/images/${id}/file`);
    const told = async () => {
      const { json } = await service.call('producer', 'GET', `/vitrine/v1/shares/${id}`);
      const catalogue = (await service.call('other', 'GET', '/vitrine/v1/catalogue')).json;
      const listed = catalogue.images.find((one: { image: { id: string } }) => one.image.id === id);
      return { downloads: json.shares[0].downloads.count, summary: listed?.summary };
    };
    // Downloads are noted within a second.
    for (const end = Date.now() + 30_000; Date.now() < end; ) {
      if ((await told()).downloads === 1) break;
    }
    await service.call('producer', 'DELETE', `/v2/images/${id}`);

    await restore(id);

    assert.deepEqual(await told(), { downloads: 1, summary: 'ask for it' });
  });

  test('comes back without the import that was at it', async () => {
    const { id } = await createActiveImage(service);
    await using database = await service.openDatabase();
    const properties = JSON.stringify({
      os_glance_import_task: 'ended',
      os_glance_importing_to_stores: 'far',
    });
    await database.write.updateTable('images').set({ properties }).where('id', '=', id).execute();
    await service.call('producer', 'DELETE', `/v2/images/${id}`);

    await restore(id);

    const { json } = await service.call('producer', 'GET', `/v2/images/${id}`);
    assert.deepEqual(
      [json.status, json.os_glance_import_task, json.os_glance_importing_to_stores],
      ['active', undefined, ''],
    );
  });

  test('is deleted and restored again and again', async () => {
    const { id, path } = await deletedImage();

    await restore(id);
    const again = await service.call('producer', 'DELETE', path);

    assert.equal(again.status, 204);
    assert.equal((await restore(id)).status, 200);
    assert.equal((await restore(id)).status, 404);
  });

  test('comes back deactivated when it was', async () => {
    const { id } = await createActiveImage(service);
    await service.call('producer', 'POST', `/v2/images/${id}/actions/deactivate`);
    await service.call('producer', 'DELETE', `/v2/images/${id}`);

    const answer = await restore(id);

    assert.equal(answer.json.status, 'deactivated');
  });

  test('is restored by an admin alone', async () => {
    const { id } = await deletedImage();

    assert.equal((await restore(id, 'producer')).status, 403);
    assert.equal((await restore('nothing', 'producer')).status, 403);
    assert.equal((await restore('nothing')).status, 404);
  });
});

test('an image without data is gone at once', async () => {
  const { id } = await createImage(service);
  await service.call('producer', 'DELETE', `/v2/images/${id}`);

  assert.equal((await restore(id)).status, 404);
});

test('without delayed_delete an image is gone at once', async () => {
  await using plain = await startTestService();
  const { id } = await createActiveImage(plain);
  await plain.call('producer', 'DELETE', `/v2/images/${id}`);

  const answer = await plain.call('admin', 'POST', `/vitrine/v1/images/${id}/restore`);

  assert.equal(answer.status, 404);
});

test('what is kept of every project is what a recount finds', async () => {
  const { kept, counted } = await countedUsage(() => service.openDatabase());

  assert.ok(kept.length > 0);
  assert.deepEqual(kept, counted);
});
