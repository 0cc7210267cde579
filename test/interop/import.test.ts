import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { glance, openstack, succeeded, tableFields, tableRows } from './clients.ts';
import { type Account, imageOf, makeImage, openCloud } from './cloud.ts';

const cloud = await openCloud();
after(() => cloud[Symbol.asyncDispose]());
const { producer, admin } = cloud;
const file = join(cloud.directory, 'disk.raw');
await writeFile(file, 'x'.repeat(3_000_000));
const raw = ['--disk-format', 'raw', '--container-format', 'bare'];

/** The image once it is active. */
async function active(account: Account, id: string) {
  for (let looks = 0; ; looks += 1) {
    const image = await imageOf(account, id);
    if (image.status === 'active') return image;
    assert(looks < 200, `The image stays ${image.status}.`);
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
}

test('openstack image create --import stages the data and imports it', async () => {
  const name = cloud.newName();

  const created = await openstack(producer, [
    ...['image', 'create', '--import', '--file', file, ...raw],
    ...[name, '-f', 'value', '-c', 'id'],
  ]);

  const image = await active(producer, succeeded(created).stdout.trim());
  assert.deepEqual([image.name, image.size], [name, 3_000_000]);
});

test('glance image-create-via-import does so in one command, and tells of its task', async () => {
  // Without a terminal it reads its standard input.
  const created = await glance(
    producer,
    [
      ...['image-create-via-import', '--import-method', 'glance-direct'],
      ...['--name', cloud.newName(), ...raw],
    ],
    { file },
  );
  const { id = '' } = tableFields(succeeded(created).stdout);

  const image = await active(producer, id);
  const tasks = succeeded(await glance(admin, ['task-list']));

  assert.equal(image.size, 3_000_000);
  assert(
    tableRows(tasks.stdout).some((row) => row.includes('api_image_import')),
    tasks.stdout,
  );
});

test('glance image-stage and image-import do so in two steps', async () => {
  const { id } = await makeImage(producer, { name: cloud.newName() });

  succeeded(await glance(producer, ['image-stage', '--file', file, id]));
  const staged = await imageOf(producer, id);
  succeeded(await glance(producer, ['image-import', '--import-method', 'glance-direct', id]));

  assert.deepEqual([staged.status, staged.size], ['uploading', 3_000_000]);
  assert.equal((await active(producer, id)).size, 3_000_000);
});
