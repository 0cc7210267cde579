import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emptyFolder } from '../support/service-process.ts';
import {
  type MadeImage,
  makeImage,
  outcome,
  outcomeOf,
  qemuInfo,
  right,
  wrong,
} from './made-images.ts';

const folder = await emptyFolder();

function nameOf({ kind, options = '' }: MadeImage): string {
  return `${kind} ${options}`.trim();
}

for (const [n, image] of right.entries()) {
  test(`${nameOf(image)} is taken, with the size that qemu-img tells`, () => {
    const path = makeImage(folder.path, image, `right-${n}`);

    const told = qemuInfo(path, image.kind)?.['virtual-size'];

    assert.equal(outcomeOf(image.diskFormat, path), told);
    assert.equal(outcome(image.diskFormat, readFileSync(path), 1000), told, 'in small pieces');
  });
}

makeImage(folder.path, { kind: 'vmdk', diskFormat: 'vmdk' }, 'parent.vmdk');

for (const [n, image] of wrong.entries()) {
  test(`${nameOf(image)} is refused, also as raw data`, () => {
    const path = makeImage(folder.path, image, `wrong-${n}`);

    assert.match(String(outcomeOf(image.diskFormat, path)), /may not be kept/);
    assert.match(String(outcomeOf('raw', path)), /may not be kept/);
  });
}

/** Bytes in which the formats have their headers. */
const headers: readonly (readonly [
  image: MadeImage,
  ranges: readonly (readonly [from: number, to: number])[],
])[] = [
  [{ kind: 'qcow2', diskFormat: 'qcow2' }, [[0, 600]]],
  [{ kind: 'vmdk', options: 'subformat=monolithicSparse', diskFormat: 'vmdk' }, [[0, 1200]]],
  [{ kind: 'vmdk', options: 'subformat=streamOptimized', diskFormat: 'vmdk' }, [[0, 1200]]],
  [
    { kind: 'vpc', diskFormat: 'vhd' },
    [
      [0, 512],
      [512, 1536],
    ],
  ],
  [
    { kind: 'vhdx', diskFormat: 'vhdx' },
    [
      [0, 64],
      [196_608, 196_800],
      [2_097_152, 2_097_500],
      [2_162_688, 2_162_750],
    ],
  ],
  [{ kind: 'vdi', diskFormat: 'vdi' }, [[0, 512]]],
];

for (const [n, [image, ranges]] of headers.entries()) {
  test(`${nameOf(image)}, cut off anywhere or changed in any byte of its header, harms nobody`, () => {
    const file = readFileSync(makeImage(folder.path, image, `header-${n}`));
    const data = file.subarray(0, Math.max(...ranges.map(([, to]) => to)) + 128 * 1024);
    for (const [from, to] of ranges) {
      for (let at = from; at < to; at += 1) {
        outcome(image.diskFormat, data.subarray(0, at));
        const byte = data[at] ?? 0;
        for (const value of [0, 0xff, byte ^ 1, (byte + 1) & 0xff]) {
          data[at] = value;
          outcome(image.diskFormat, data);
        }
        data[at] = byte;
      }
    }
  });
}

test('what is taken of changed headers leads qemu-img to no other file', () => {
  let taken = 0;
  for (const [n, [image, ranges]] of headers.slice(0, 2).entries()) {
    const data = readFileSync(makeImage(folder.path, image, `led-${n}`));
    const path = join(folder.path, `changed-${n}`);
    const [[from, to] = [0, 0]] = ranges;
    for (let at = from; at < Math.min(to, 112); at += 1) {
      const byte = data[at] ?? 0;
      for (const value of [1, 0x04, 0xff]) {
        data[at] = value;
        if (typeof outcome(image.diskFormat, data) === 'number') {
          taken += 1;
          writeFileSync(path, data);
          const info = JSON.stringify(qemuInfo(path, image.kind) ?? {});
          assert.doesNotMatch(
            info,
            /backing-filename|"data-file"|"filename":"(?!.*changed)/,
            `byte ${at}`,
          );
        }
      }
      data[at] = byte;
    }
  }
  assert.ok(taken > 50, `${taken} were taken.`);
});
