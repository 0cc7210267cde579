import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bootMessage, makeDiskImage } from './disk-image.ts';

const sectorBytes = 512;

test('the disk boots: a program, its message and the boot signature are in the first sector', () => {
  const disk = Buffer.from(makeDiskImage('hello'));

  // The program loads the address of its message with `mov si, imm16`, relative to 0x7c00.
  const message = disk.readUInt16LE(disk.indexOf(0xbe) + 1) - 0x7c00;
  assert.equal(
    disk
      .subarray(message + 2, disk.indexOf(0, message))
      .toString()
      .trim(),
    bootMessage,
  );
  assert.equal(disk.readUInt16LE(510), 0xaa55);
});

test('the one partition is active, FAT16, and ends with the disk', () => {
  const disk = Buffer.from(makeDiskImage('hello'));

  const partition = disk.subarray(446, 462);
  const end = partition.readUInt32LE(8) + partition.readUInt32LE(12);
  assert.equal(partition[0], 0x80);
  assert.equal(partition[4], 0x0e);
  assert.equal(end * sectorBytes, disk.length);
});

test('a file longer than a cluster is read back whole along its chain', () => {
  const text = 'shared between projects\r\n'.repeat(300);
  const disk = Buffer.from(makeDiskImage(text));

  const volume = disk.subarray(disk.readUInt32LE(446 + 8) * sectorBytes);
  assert.equal(readFirstFile(volume, 'README  TXT'), text);
});

/** A reader of FAT16 that knows nothing of the writer: all comes from the volume's own boot sector. */
function readFirstFile(volume: Buffer, name: string): string {
  const fat = volume.readUInt16LE(14) * sectorBytes;
  const root = fat + volume.readUInt8(16) * volume.readUInt16LE(22) * sectorBytes;
  const data = root + volume.readUInt16LE(17) * 32;
  const clusterBytes = volume.readUInt8(13) * sectorBytes;
  const entry = volume.indexOf(name, root, 'latin1');
  const parts: Buffer[] = [];
  let cluster = volume.readUInt16LE(entry + 26);
  while (cluster < 0xfff8) {
    const start = data + (cluster - 2) * clusterBytes;
    parts.push(volume.subarray(start, start + clusterBytes));
    cluster = volume.readUInt16LE(fat + cluster * 2);
  }
  return Buffer.concat(parts)
    .subarray(0, volume.readUInt32LE(entry + 28))
    .toString();
}
