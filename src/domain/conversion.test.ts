import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageWith } from '../../test/support/domain.ts';
import { convertedSize, convertibleFormat, mostConverted } from './conversion.ts';

const bare = { containerFormat: 'bare', diskFormat: 'vhd' };

test('bare disks of another format are converted, by the name that qemu-img has for theirs', () => {
  assert.equal(convertibleFormat(imageWith(bare), 'raw'), 'vpc');
  assert.equal(convertibleFormat(imageWith({ ...bare, diskFormat: 'raw' }), 'qcow2'), 'raw');
});

test('what is that already, no disk, in a container or signed keeps its format', () => {
  const signed = new Map([['img_signature', 'a signature']]);
  for (const image of [
    { ...bare, diskFormat: 'raw' },
    { ...bare, diskFormat: 'iso' },
    { ...bare, diskFormat: 'ami' },
    { ...bare, diskFormat: 'constructor' },
    { ...bare, diskFormat: null },
    { ...bare, containerFormat: 'ova' },
    { ...bare, properties: signed },
  ]) {
    assert.equal(convertibleFormat(imageWith(image), 'raw'), undefined, JSON.stringify(image));
  }
});

test('a disk has whole sectors, and its file some more for its tables', () => {
  assert.deepEqual([0, 1, 512, 513].map(convertedSize), [0, 512, 512, 1024]);
  assert.ok(mostConverted(1024 ** 4) < 1024 ** 4 * 1.02);
  assert.ok(mostConverted(1) > 16 * 1024 * 1024);
});
