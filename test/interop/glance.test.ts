import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { glance, refused, succeeded, tableFields, tableRows } from './clients.ts';
import { ask, imageOf, makeImage, memberStatuses, openCloud, share } from './cloud.ts';
import { fingerprint, isoFile, isSameDisk, qcow2File } from './pictures.ts';

const cloud = await openCloud();
after(() => cloud[Symbol.asyncDispose]());
const { producer, consumer } = cloud;
const iso = await readFile(isoFile);
const data = new TextEncoder().encode('hello');

describe('glance, on images', () => {
  test('image-create uploads a bootable CD and prints the image', async () => {
    const name = cloud.newName();

    const { stdout } = succeeded(
      await glance(producer, [
        ...['image-create', '--name', name, '--file', isoFile, '--disk-format', 'iso'],
        ...['--container-format', 'bare', '--property', 'os_distro=debian', '--tags', 'rescue'],
      ]),
    );

    const fields = tableFields(stdout);
    const { size, checksum, os_hash_value } = await fingerprint(isoFile);
    assert.partialDeepStrictEqual(fields, {
      name,
      size: String(size),
      checksum,
      status: 'active',
      visibility: 'shared',
      os_distro: 'debian',
      tags: '["rescue"]',
    });
    // Too long for one line of the table.
    assert.equal((await imageOf(producer, fields['id'] ?? '')).os_hash_value, os_hash_value);
  });

  test('image-create uploads a disk of unknown length from its standard input', async () => {
    const file = await qcow2File(cloud.directory);

    const { stdout } = succeeded(
      await glance(
        producer,
        [
          ...['image-create', '--name', cloud.newName()],
          ...['--disk-format', 'qcow2', '--container-format', 'bare'],
        ],
        { file },
      ),
    );

    const { checksum } = await fingerprint(file);
    assert.partialDeepStrictEqual(tableFields(stdout), { checksum, status: 'active' });
  });

  test('image-list follows the pages and image-show prints one image', async () => {
    const properties = { tags: [cloud.newName()], os_distro: 'debian' };
    const images = await Promise.all(
      ['a', 'b', 'c'].map(() => makeImage(producer, { name: cloud.newName(), ...properties })),
    );

    const listed = succeeded(
      await glance(producer, [
        ...['image-list', '--page-size', '2', '--tag', properties.tags.join()],
      ]),
    );
    const shown = succeeded(await glance(producer, ['image-show', images[0]?.id ?? '']));

    const ids = tableRows(listed.stdout).map(([id = '']) => id);
    assert.deepEqual(ids.toSorted(), images.map((image) => image.id).toSorted());
    assert.partialDeepStrictEqual(tableFields(shown.stdout), {
      name: images[0]?.name,
      owner: producer.projectId,
      os_distro: 'debian',
      status: 'queued',
      size: 'None',
    });
  });

  test('image-update changes name and visibility, sets one property and removes another', async () => {
    const { id } = await makeImage(producer, { name: cloud.newName(), os_distro: 'debian' });
    const name = cloud.newName();

    succeeded(
      await glance(producer, [
        ...['image-update', '--name', name, '--visibility', 'private', '--min-ram', '512'],
        ...['--property', 'os_version=12', '--remove-property', 'os_distro', id],
      ]),
    );

    const image = await imageOf(producer, id);
    assert.partialDeepStrictEqual(image, {
      name,
      visibility: 'private',
      min_ram: 512,
      os_version: '12',
    });
    assert(!('os_distro' in image));
  });

  test('image-upload gives a queued image its data and image-download saves the very bytes', async () => {
    const { id } = await makeImage(producer, { name: cloud.newName(), disk_format: 'iso' });
    const saved = join(cloud.directory, 'glance.iso');

    succeeded(await glance(producer, ['image-upload', '--file', isoFile, id]));
    succeeded(await glance(producer, ['image-download', '--file', saved, id]));

    assert(iso.equals(await readFile(saved)));
  });

  test('image-download saves a disk that qemu-img finds equal to its twin', async () => {
    const file = await qcow2File(cloud.directory);
    const twin = await readFile(file);
    const { id } = await makeImage(producer, { name: cloud.newName(), disk_format: 'qcow2' }, twin);
    const saved = join(cloud.directory, 'glance.qcow2');

    succeeded(await glance(producer, ['image-download', '--file', saved, id]));

    assert(await isSameDisk(saved, isoFile));
  });

  test('image-tag-update adds a tag and image-tag-delete takes it away', async () => {
    const { id } = await makeImage(producer, { name: cloud.newName(), tags: ['kept'] });

    succeeded(await glance(producer, ['image-tag-update', id, 'new']));
    const between = await imageOf(producer, id);
    succeeded(await glance(producer, ['image-tag-delete', id, 'new']));

    assert.deepEqual(between.tags.toSorted(), ['kept', 'new']);
    assert.deepEqual((await imageOf(producer, id)).tags, ['kept']);
  });

  test('image-deactivate and image-reactivate switch the data off and on', async () => {
    const { id } = await makeImage(producer, { name: cloud.newName() }, data);

    succeeded(await glance(producer, ['image-deactivate', id]));
    const between = await imageOf(producer, id);
    succeeded(await glance(producer, ['image-reactivate', id]));

    assert.equal(between.status, 'deactivated');
    assert.equal((await imageOf(producer, id)).status, 'active');
  });

  test('image-delete deletes, but not what is protected', async () => {
    const { id } = await makeImage(producer, { name: cloud.newName() }, data);
    const kept = await makeImage(producer, { name: cloud.newName(), protected: true });

    const deleted = await glance(producer, ['image-delete', id]);
    const protectedOne = await glance(producer, ['image-delete', kept.id]);

    succeeded(deleted);
    assert.equal((await ask(producer, 'GET', `/v2/images/${id}`)).status, 404);
    refused(protectedOne, /not permitted to delete/);
    succeeded(await glance(producer, ['image-update', '--protected', 'False', kept.id]));
  });

  test('image-show says in words that an image is not there', async () => {
    const outcome = await glance(producer, ['image-show', '00000000-0000-0000-0000-000000000000']);

    refused(outcome, /404 Not Found: No image found with ID 0{8}/);
  });
});

describe('glance, on members', () => {
  test('member-create makes a pending member, which member-list and member-get show', async () => {
    const { id } = await makeImage(producer, { name: cloud.newName() });

    const created = succeeded(await glance(producer, ['member-create', id, consumer.projectId]));
    const listed = succeeded(await glance(producer, ['member-list', '--image-id', id]));
    const shown = succeeded(await glance(consumer, ['member-get', id, consumer.projectId]));

    const row = [id, consumer.projectId, 'pending'];
    assert.deepEqual(tableRows(created.stdout), [row]);
    assert.deepEqual(tableRows(listed.stdout), [row]);
    assert.partialDeepStrictEqual(tableFields(shown.stdout), {
      image_id: id,
      member_id: consumer.projectId,
      status: 'pending',
    });
  });

  test('member-update by the consumer brings the image from its pending list into its list', async () => {
    const { id } = await makeImage(producer, { name: cloud.newName() });
    await share(producer, id, consumer);
    const pending = ['image-list', '--visibility', 'shared', '--member-status', 'pending'];

    const before = succeeded(await glance(consumer, ['image-list']));
    const waiting = succeeded(await glance(consumer, pending));
    succeeded(await glance(consumer, ['member-update', id, consumer.projectId, 'accepted']));
    const listed = succeeded(await glance(consumer, ['image-list']));

    assert(!before.stdout.includes(id));
    assert(waiting.stdout.includes(id));
    assert(listed.stdout.includes(id));
    assert.deepEqual(await memberStatuses(producer, id), { [consumer.projectId]: 'accepted' });
  });

  test('member-update by the owner is refused', async () => {
    const { id } = await makeImage(producer, { name: cloud.newName() });
    await share(producer, id, consumer);

    const outcome = await glance(producer, [
      ...['member-update', id, consumer.projectId, 'accepted'],
    ]);

    refused(outcome, /403/);
  });

  test('member-delete by the owner takes the image away from the consumer', async () => {
    const { id } = await makeImage(producer, { name: cloud.newName() }, data);
    await share(producer, id, consumer, 'accepted');

    succeeded(await glance(producer, ['member-delete', id, consumer.projectId]));
    const shown = await glance(consumer, ['image-show', id]);

    assert.deepEqual(await memberStatuses(producer, id), {});
    refused(shown, /404/);
  });

  test('member-list says that only shared images have members', async () => {
    const { id } = await makeImage(producer, { name: cloud.newName(), visibility: 'private' });

    const outcome = await glance(producer, ['member-list', '--image-id', id]);

    refused(outcome, /Only shared images have members/);
  });
});
