import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { openstack, openstackJson, refused, rows, succeeded } from './clients.ts';
import { ask, imageOf, makeImage, openCloud } from './cloud.ts';
import { fingerprint, isoFile, isSameDisk, qcow2File } from './pictures.ts';

const cloud = await openCloud();
after(() => cloud[Symbol.asyncDispose]());
const { admin, producer, consumer } = cloud;
const iso = await readFile(isoFile);
const data = new TextEncoder().encode('hello');

describe('openstack image create', () => {
  test('uploads a bootable CD from a file', async () => {
    const name = cloud.newName();

    const created = await openstackJson(producer, [
      ...['image', 'create', '--file', isoFile, '--disk-format', 'iso'],
      ...['--tag', 'rescue', '--property', 'os_distro=debian', name],
    ]);

    const image = await imageOf(producer, Object(created).id);
    assert.partialDeepStrictEqual(image, {
      ...(await fingerprint(isoFile)),
      name,
      status: 'active',
      visibility: 'shared',
      disk_format: 'iso',
      container_format: 'bare',
      os_hash_algo: 'sha512',
      os_distro: 'debian',
      tags: ['rescue'],
    });
  });

  test('uploads a disk of unknown length from its standard input', async () => {
    const file = await qcow2File(cloud.directory);
    const saved = join(cloud.directory, 'from-stdin.qcow2');

    const created = await openstackJson(
      producer,
      ['image', 'create', '--disk-format', 'qcow2', cloud.newName()],
      { file },
    );

    const { id } = Object(created);
    assert.partialDeepStrictEqual(await imageOf(producer, id), {
      ...(await fingerprint(file)),
      status: 'active',
    });
    succeeded(await openstack(producer, ['image', 'save', '--file', saved, id]));
    assert(await isSameDisk(saved, isoFile));
  });

  test('makes an empty image when there is nothing to read', async () => {
    const created = await openstackJson(producer, ['image', 'create', cloud.newName()]);

    const image = await imageOf(producer, Object(created).id);
    assert.partialDeepStrictEqual(image, { status: 'active', size: 0 });
  });

  test('tells a member of a project that only administrators publish, and leaves nothing', async () => {
    const name = cloud.newName();

    const outcome = await openstack(producer, ['image', 'create', '--public', name]);

    refused(outcome, /403/);
    const response = await ask(producer, 'GET', `/v2/images?name=${name}`);
    assert.deepEqual(Object(await response.json()).images, []);
  });
});

describe('openstack image list and show', () => {
  test('lists the images of the project and those that are public', async () => {
    const own = await makeImage(producer, { name: cloud.newName() });
    const open = await makeImage(admin, { name: cloud.newName(), visibility: 'public' });
    const foreign = await makeImage(consumer, { name: cloud.newName() });

    const listed = await openstackJson(producer, ['image', 'list']);

    const ids = rows(listed).map((row) => row['ID']);
    assert(ids.includes(own.id));
    assert(ids.includes(open.id));
    assert(!ids.includes(foreign.id));
    await ask(admin, 'DELETE', `/v2/images/${open.id}`);
    await ask(consumer, 'DELETE', `/v2/images/${foreign.id}`);
  });

  test('lists the images that have a tag', async () => {
    const tag = cloud.newName();
    const images = await Promise.all(
      ['a', 'b', 'c'].map(() => makeImage(producer, { name: cloud.newName(), tags: [tag] })),
    );

    const listed = await openstackJson(producer, ['image', 'list', '--tag', tag]);

    const names = rows(listed).map((row) => row['Name'] ?? '');
    assert.deepEqual(names.toSorted(), images.map((image) => image.name).toSorted());
  });

  test('shows an image by the name that a person types', async () => {
    const name = `${cloud.newName()} of Zürich, 100% / "final"`;
    const image = await makeImage(producer, { name, os_version: '12' });

    const shown = await openstackJson(producer, ['image', 'show', name]);

    assert.partialDeepStrictEqual(shown, { id: image.id, name, properties: { os_version: '12' } });
  });

  test('says of an unknown name that there is no such image', async () => {
    const outcome = await openstack(producer, ['image', 'show', cloud.newName()]);

    refused(outcome, /No Image found/);
  });
});

describe('openstack image set and unset', () => {
  test('changes name, property, tags and visibility at once', async () => {
    const { id } = await makeImage(producer, {
      name: cloud.newName(),
      tags: ['kept'],
      os_distro: 'debian',
    });
    const name = cloud.newName();

    const outcome = await openstack(producer, [
      ...['image', 'set', '--name', name, '--property', 'os_version=12', '--tag', 'new'],
      ...['--private', '--min-disk', '3', id],
    ]);

    succeeded(outcome);
    const image = await imageOf(producer, id);
    assert.partialDeepStrictEqual(image, {
      name,
      os_distro: 'debian',
      os_version: '12',
      visibility: 'private',
      min_disk: 3,
    });
    assert.deepEqual(image.tags.toSorted(), ['kept', 'new']);
  });

  test('removes a property and a tag', async () => {
    const properties = { name: cloud.newName(), tags: ['kept', 'gone'], os_distro: 'debian' };
    const { id } = await makeImage(producer, properties);

    const outcome = await openstack(producer, [
      ...['image', 'unset', '--property', 'os_distro', '--tag', 'gone', id],
    ]);

    succeeded(outcome);
    const image = await imageOf(producer, id);
    assert.deepEqual(image.tags, ['kept']);
    assert(!('os_distro' in image));
  });

  test('takes the data away from everyone and gives it back', async () => {
    const { id } = await makeImage(producer, { name: cloud.newName() }, data);

    const deactivated = await openstack(producer, ['image', 'set', '--deactivate', id]);
    const between = await ask(producer, 'GET', `/v2/images/${id}/file`);
    const activated = await openstack(producer, ['image', 'set', '--activate', id]);

    succeeded(deactivated);
    assert.equal(between.status, 403);
    succeeded(activated);
    assert.equal((await imageOf(producer, id)).status, 'active');
  });
});

describe('openstack image save and delete', () => {
  test('saves the very bytes that were uploaded', async () => {
    const { id } = await makeImage(producer, { name: cloud.newName(), disk_format: 'iso' }, iso);
    const saved = join(cloud.directory, 'saved.iso');

    const outcome = await openstack(producer, ['image', 'save', '--file', saved, id]);

    succeeded(outcome);
    assert(iso.equals(await readFile(saved)));
  });

  test('deletes an image by name', async () => {
    const { id, name } = await makeImage(producer, { name: cloud.newName() }, data);

    const outcome = await openstack(producer, ['image', 'delete', name]);

    succeeded(outcome);
    assert.equal((await ask(producer, 'GET', `/v2/images/${id}`)).status, 404);
  });

  test('deletes a protected image only after its protection is lifted', async () => {
    const { id } = await makeImage(producer, { name: cloud.newName(), protected: true });

    const first = await openstack(producer, ['image', 'delete', id]);
    const lifted = await openstack(producer, ['image', 'set', '--unprotected', id]);
    const second = await openstack(producer, ['image', 'delete', id]);

    refused(first, /protected/);
    succeeded(lifted);
    succeeded(second);
  });
});
