import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { unpack } from '../../src/service/unpacking/unpack.ts';
import { emptyFolder } from '../support/service-process.ts';

const mib = 1024 * 1024;

const folder = await emptyFolder();
after(() => folder[Symbol.asyncDispose]());

/** What a disk has: programs, zeros, and what cannot be packed. */
const disk = Buffer.concat([
  readFileSync(process.execPath).subarray(0, mib),
  Buffer.alloc(mib + 3),
  Buffer.from(
    Array.from({ length: 32_000 }, (_, n) => createHash('md5').update(`${n}`).digest('hex')).join(
      '',
    ),
  ),
]);
const path = join(folder.path, 'disk');
writeFileSync(path, disk);

/** Ways to pack it, by commands that write to their output. */
const ways = [
  'gzip -1 < disk',
  'gzip -9 < disk',
  '(gzip < disk; gzip < disk)',
  'zstd -q -1 < disk',
  'zstd -q -12 --long=27 < disk',
  'zstd -q --no-check < disk',
  '(zstd -q < disk; zstd -q < disk)',
  'xz -0 < disk',
  'xz -9 < disk',
  'xz -1 --check=crc32 < disk',
  'xz -1 --check=none < disk',
  'xz -1 --check=sha256 --block-size=1MiB < disk',
  'xz -T2 -1 --block-size=3MiB < disk',
  'xz --lzma2=preset=1,lc=0,lp=4,pb=0 < disk',
  'xz --lzma2=preset=1,lc=4,lp=0,pb=4,dict=4KiB < disk',
  '(xz -1 < disk; head -c 8 /dev/zero; xz -1 < disk)',
  'zip -q -1 - disk',
  'zip -q - - < disk',
  'rm -f one.zip; zip -q -0 one.zip disk; cat one.zip',
] as const;

for (const way of ways) {
  test(`what \`${way}\` makes of a disk is that disk`, async () => {
    const packed = join(folder.path, 'packed');
    execFileSync('sh', ['-c', `( ${way} ) > packed`], { cwd: folder.path });

    const { data, compression } = await unpack(createReadStream(packed), { maxRatio: 1000 });
    const hash = createHash('sha256');
    for await (const bytes of data) hash.update(bytes);

    const isTwice = way.startsWith('(');
    const whole = isTwice ? Buffer.concat([disk, disk]) : disk;
    assert.equal(hash.digest('hex'), createHash('sha256').update(whole).digest('hex'));
    assert.ok(way.includes(compression ?? 'nothing'));
  });
}

for (const [way, reason] of [
  ['xz -1 --x86 --lzma2 < disk', /filters/],
  ['xz --lzma2=preset=1,dict=128MiB < disk', /64 MiB/],
  ['zip -q -e -P secret - disk', /encrypted/],
  ['cp disk other; zip -q - disk other', /several/],
  ['gzip < disk | head -c 300000', /cut off/],
  ['xz -1 < disk | head -c 300000', /cut off/],
] as const) {
  test(`what \`${way}\` makes of a disk is refused`, async () => {
    const packed = join(folder.path, 'packed');
    execFileSync('sh', ['-c', `( ${way} ) > packed`], { cwd: folder.path });

    const { data } = await unpack(createReadStream(packed), { maxRatio: 1000 });

    await assert.rejects(async () => {
      for await (const _ of data);
    }, reason);
  });
}
