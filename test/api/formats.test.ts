import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diskSize, iso, partitioned, qcow2, vmdk } from '../support/disk-images.ts';
import { createImage, dataType } from '../support/images.ts';
import { sharedService } from '../support/service.ts';

const service = await sharedService();

const lenient = await sharedService({ config: { requireImageFormatMatch: false } });

async function uploaded(diskFormat: string, data: Buffer, on = service) {
  const { id } = await createImage(on, { disk_format: diskFormat });
  const answer = await on.call('producer', 'PUT', `/v2/images/${id}/file`, data, {
    ...dataType,
    accept: 'application/json',
  });
  const { json: image } = await on.call('producer', 'GET', `/v2/images/${id}`);
  return { answer, image };
}

test('an image tells the size of the disk inside its data', async () => {
  for (const [format, data] of [
    ['qcow2', qcow2()],
    ['vmdk', vmdk({ type: 'streamOptimized', footer: () => undefined })],
    ['iso', iso()],
  ] as const) {
    const { answer, image } = await uploaded(format, data);

    assert.equal(answer.status, 204, answer.text);
    assert.deepEqual([image.status, image.size], ['active', data.length]);
    assert.equal(image.virtual_size, diskSize);
  }
});

test('data that is refused leaves the image as it was, and tells why', async () => {
  const child = qcow2({ backingFile: '/etc/passwd' });

  const { answer, image } = await uploaded('qcow2', child);
  const back = await service.call('producer', 'GET', `/v2/images/${image.id}/file`);
  const retried = await service.call(
    'producer',
    'PUT',
    `/v2/images/${image.id}/file`,
    qcow2(),
    dataType,
  );

  assert.equal(answer.status, 415);
  assert.match(answer.text, /The data may not be kept: it has a backing file\./);
  assert.deepEqual(
    [image.status, image.size, image.virtual_size, image.checksum],
    ['queued', null, null, null],
  );
  assert.equal(back.status, 204);
  assert.equal(retried.status, 204);
});

test('data of some megabytes is judged like a little', async () => {
  const filler = Buffer.alloc(3 * 1024 * 1024);

  const good = await uploaded('qcow2', Buffer.concat([qcow2(), filler]));
  const bad = await uploaded('vmdk', Buffer.concat([qcow2(), filler]));
  const raw = await uploaded('raw', Buffer.concat([partitioned(), filler]));
  const unsafe = await uploaded('raw', Buffer.concat([partitioned([]), filler]));

  assert.deepEqual([good.answer.status, good.image.virtual_size], [204, diskSize]);
  assert.deepEqual([bad.answer.status, bad.image.status], [415, 'queued']);
  assert.match(bad.answer.text, /disk_format: is vmdk, but the data is qcow2\./);
  assert.deepEqual([raw.answer.status, raw.image.virtual_size], [204, raw.image.size]);
  assert.equal(unsafe.answer.status, 415);
});

test('a service that requires no match takes other data, and still nothing unsafe', async () => {
  const other = await uploaded('vhd', qcow2(), lenient);
  const unsafe = await uploaded('vhd', qcow2({ features: [2] }), lenient);

  assert.deepEqual([other.answer.status, other.image.virtual_size], [204, null]);
  assert.equal(unsafe.answer.status, 415);
});
