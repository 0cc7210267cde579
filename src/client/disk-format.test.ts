import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatOf, nameOf } from './disk-format.ts';

test("a file's name tells the format, else it is raw", () => {
  const names = ['debian.QCOW2', 'a.b.iso', 'disk.img', 'disk', '.vmdk', 'archive.tar.gz'];

  assert.deepEqual(names.map(formatOf), ['qcow2', 'iso', 'raw', 'raw', 'vmdk', 'raw']);
});

test('an image is called as its file without the suffix', () => {
  assert.deepEqual(['debian-12.5.iso', 'disk', '.vmdk'].map(nameOf), [
    'debian-12.5',
    'disk',
    '.vmdk',
  ]);
});
