import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { openstack, openstackJson, refused, rows, succeeded } from './clients.ts';
import {
  type Account,
  ask,
  imageOf,
  makeImage,
  memberStatuses,
  openCloud,
  share,
} from './cloud.ts';
import { isoFile } from './pictures.ts';

const cloud = await openCloud();
after(() => cloud[Symbol.asyncDispose]());
const { admin, producer, consumer } = cloud;
const data = new TextEncoder().encode('hello');

async function listedIds(account: Account): Promise<string[]> {
  const listed = await openstackJson(account, ['image', 'list']);
  return rows(listed).map((row) => row['ID'] ?? '');
}

describe('the producer, with openstack', () => {
  test('adds a project by its id, and finds it in the list of members as pending', async () => {
    const { id } = await makeImage(producer, { name: cloud.newName() });

    const added = await openstackJson(producer, [
      ...['image', 'add', 'project', id, consumer.projectId],
    ]);
    const members = await openstackJson(producer, ['image', 'member', 'list', id]);

    assert.partialDeepStrictEqual(added, { member_id: consumer.projectId, status: 'pending' });
    assert.deepEqual(members, [
      { 'Image ID': id, 'Member ID': consumer.projectId, Status: 'pending' },
    ]);
  });

  test('adds a project by its name', async () => {
    const { id } = await makeImage(producer, { name: cloud.newName() });
    // Keystone lets only administrators look projects up.
    const sharer = process.env['VITRINE_INTEROP_CLOUDS'] === undefined ? producer : admin;

    const outcome = await openstack(sharer, [
      ...['image', 'add', 'project', id, consumer.auth.project_name],
    ]);

    succeeded(outcome);
    assert.deepEqual(await memberStatuses(producer, id), { [consumer.projectId]: 'pending' });
  });

  test('cannot add a project twice', async () => {
    const { id } = await makeImage(producer, { name: cloud.newName() });
    await share(producer, id, consumer);

    const outcome = await openstack(producer, [
      ...['image', 'add', 'project', id, consumer.projectId],
    ]);

    refused(outcome, /409/);
  });

  test('cannot accept for the consumer', async () => {
    const { id } = await makeImage(producer, { name: cloud.newName() });
    await share(producer, id, consumer);

    const outcome = await openstack(producer, [
      ...['image', 'set', '--accept', '--project', consumer.projectId, id],
    ]);

    refused(outcome, /403/);
    assert.deepEqual(await memberStatuses(producer, id), { [consumer.projectId]: 'pending' });
  });

  test('removes a project, which then has nothing of the image', async () => {
    const { id, name } = await makeImage(producer, { name: cloud.newName() }, data);
    await share(producer, id, consumer, 'accepted');
    const saved = join(cloud.directory, 'removed.raw');

    const outcome = await openstack(producer, [
      ...['image', 'remove', 'project', id, consumer.projectId],
    ]);

    succeeded(outcome);
    assert.deepEqual(await memberStatuses(producer, id), {});
    refused(await openstack(consumer, ['image', 'show', id]), /No Image found/);
    refused(await openstack(consumer, ['image', 'save', '--file', saved, name]), /./);
    assert(!existsSync(saved));
    assert.equal((await ask(consumer, 'GET', `/v2/images/${id}/file`)).status, 404);
  });
});

describe('the consumer, with openstack', () => {
  test('shows and saves by id an image that it has not answered for, but does not list it', async () => {
    const iso = await readFile(isoFile);
    const { id } = await makeImage(producer, { name: cloud.newName(), disk_format: 'iso' }, iso);
    await share(producer, id, consumer);
    const saved = join(cloud.directory, 'pending.iso');

    const shown = await openstackJson(consumer, ['image', 'show', id]);
    const outcome = await openstack(consumer, ['image', 'save', '--file', saved, id]);
    const listed = await listedIds(consumer);

    assert.partialDeepStrictEqual(shown, { id, owner: producer.projectId });
    succeeded(outcome);
    assert(iso.equals(await readFile(saved)));
    assert(!listed.includes(id));
  });

  test('accepts an image, and has it in its list and by its name', async () => {
    const { id, name } = await makeImage(producer, { name: cloud.newName() });
    await share(producer, id, consumer);

    const outcome = await openstack(consumer, ['image', 'set', '--accept', id]);
    const listed = await listedIds(consumer);
    const shown = await openstackJson(consumer, ['image', 'show', name]);

    succeeded(outcome);
    assert.deepEqual(await memberStatuses(producer, id), { [consumer.projectId]: 'accepted' });
    assert(listed.includes(id));
    assert.partialDeepStrictEqual(shown, { id });
  });

  test('rejects an image that it had accepted, and no longer lists it', async () => {
    const { id } = await makeImage(producer, { name: cloud.newName() });
    await share(producer, id, consumer, 'accepted');

    const outcome = await openstack(consumer, ['image', 'set', '--reject', id]);
    const listed = await listedIds(consumer);

    succeeded(outcome);
    assert.deepEqual(await memberStatuses(producer, id), { [consumer.projectId]: 'rejected' });
    assert(!listed.includes(id));
  });

  test('puts its answer off again', async () => {
    const { id } = await makeImage(producer, { name: cloud.newName() });
    await share(producer, id, consumer, 'accepted');

    const outcome = await openstack(consumer, ['image', 'set', '--pending', id]);

    succeeded(outcome);
    assert.deepEqual(await memberStatuses(producer, id), { [consumer.projectId]: 'pending' });
  });

  test('finds what waits for its answer', async () => {
    const { id } = await makeImage(producer, { name: cloud.newName() });
    const answered = await makeImage(producer, { name: cloud.newName() });
    await share(producer, id, consumer);
    await share(producer, answered.id, consumer, 'rejected');

    const listed = await openstackJson(consumer, [
      ...['image', 'list', '--shared', '--member-status', 'pending'],
    ]);

    const ids = rows(listed).map((row) => row['ID']);
    assert(ids.includes(id));
    assert(!ids.includes(answered.id));
  });

  test('changes and deletes nothing of the image', async () => {
    const image = await makeImage(producer, { name: cloud.newName() }, data);
    await share(producer, image.id, consumer, 'accepted');
    const before = await imageOf(producer, image.id);

    const renamed = await openstack(consumer, ['image', 'set', '--name', 'mine', image.id]);
    const deleted = await openstack(consumer, ['image', 'delete', image.id]);

    refused(renamed, /403/);
    refused(deleted, /403|not authorized|permitted/i);
    assert.deepEqual(await imageOf(producer, image.id), before);
  });
});
