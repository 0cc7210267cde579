// A disk that is small, real and made here: its first sector boots on any BIOS and says so, and
// behind it lies a FAT16 partition with one file that any system can read.
const sectorBytes = 512;
const diskSectors = 65_536;
const partitionStart = 2048;
const partitionSectors = diskSectors - partitionStart;
const sectorsPerCluster = 4;
const rootEntries = 512;
const fatSectors = 64;
const reservedSectors = 1;
const fats = 2;

/** What the disk prints on the screen and the serial port of the machine that boots it. */
export const bootMessage = 'This disk was shared by Vitrine and boots.';

/** Makes a raw disk of 32 MiB: a boot program, a partition table and a FAT16 file system with a README.TXT. */
export function makeDiskImage(readme: string): Uint8Array {
  const disk = new Uint8Array(diskSectors * sectorBytes);
  disk.set(bootSector());
  disk.set(fatVolume(readme), partitionStart * sectorBytes);
  return disk;
}

/** A master boot record: program, message, one partition, signature. */
function bootSector(): Uint8Array {
  const sector = new Uint8Array(sectorBytes);
  const view = new DataView(sector.buffer);
  sector.set(bootProgram);
  sector.set(new TextEncoder().encode(`\r\n${bootMessage}\r\n\0`), bootProgram.length);
  const partition = 446;
  sector[partition] = 0x80;
  // Heads and cylinders beyond what three bytes hold are written as their largest.
  sector.set([0xfe, 0xff, 0xff], partition + 1);
  sector[partition + 4] = 0x0e;
  sector.set([0xfe, 0xff, 0xff], partition + 5);
  view.setUint32(partition + 8, partitionStart, true);
  view.setUint32(partition + 12, partitionSectors, true);
  view.setUint16(510, 0xaa55, true);
  return sector;
}

/** 16-bit x86: writes the text after itself to the screen (BIOS) and to the first serial port, then halts. */
const bootProgram = Uint8Array.of(
  ...[0x31, 0xc0], // xor ax, ax
  ...[0x8e, 0xd8], // mov ds, ax
  ...[0xfc], // cld
  ...[0xbe, 0x1f, 0x7c], // mov si, 0x7c1f: the text
  ...[0xac], // lodsb
  ...[0x84, 0xc0], // test al, al
  ...[0x74, 0x0f], // jz halt
  ...[0x50], // push ax
  ...[0xb4, 0x0e], // mov ah, 0x0e: write a character
  ...[0xbb, 0x07, 0x00], // mov bx, 7
  ...[0xcd, 0x10], // int 0x10
  ...[0x58], // pop ax
  ...[0xba, 0xf8, 0x03], // mov dx, 0x3f8: COM1
  ...[0xee], // out dx, al
  ...[0xeb, 0xec], // jmp lodsb
  ...[0xf4], // halt: hlt
  ...[0xeb, 0xfd], // jmp halt
);

function fatVolume(readme: string): Uint8Array {
  const text = new TextEncoder().encode(readme);
  const firstData = (reservedSectors + fats * fatSectors) * sectorBytes + rootEntries * 32;
  const volume = new Uint8Array(firstData + text.length);
  volume.set(fatBootSector());
  const clusters = Math.max(1, Math.ceil(text.length / (sectorsPerCluster * sectorBytes)));
  for (let fat = 0; fat < fats; fat += 1) {
    volume.set(fileTable(clusters), (reservedSectors + fat * fatSectors) * sectorBytes);
  }
  volume.set(rootDirectory(text.length), (reservedSectors + fats * fatSectors) * sectorBytes);
  volume.set(text, firstData);
  return volume;
}

/** @see Microsoft, "FAT: General Overview of On-Disk Format" 1.03, Boot Sector and BPB */
function fatBootSector(): Uint8Array {
  const sector = new Uint8Array(sectorBytes);
  const view = new DataView(sector.buffer);
  sector.set([0xeb, 0x3c, 0x90]);
  sector.set(ascii('VITRINE ', 8), 3);
  view.setUint16(11, sectorBytes, true);
  sector[13] = sectorsPerCluster;
  view.setUint16(14, reservedSectors, true);
  sector[16] = fats;
  view.setUint16(17, rootEntries, true);
  view.setUint16(19, partitionSectors, true);
  sector[21] = 0xf8;
  view.setUint16(22, fatSectors, true);
  view.setUint16(24, 63, true);
  view.setUint16(26, 255, true);
  view.setUint32(28, partitionStart, true);
  sector[36] = 0x80;
  sector[38] = 0x29;
  view.setUint32(39, 0x56_49_54_52, true);
  sector.set(ascii('VITRINE', 11), 43);
  sector.set(ascii('FAT16', 8), 54);
  view.setUint16(510, 0xaa55, true);
  return sector;
}

/** One chain of clusters, from cluster 2 on. */
function fileTable(clusters: number): Uint8Array {
  const entries = Uint16Array.of(
    0xfff8,
    0xffff,
    ...Array.from({ length: clusters }, (_, n) => (n === clusters - 1 ? 0xffff : n + 3)),
  );
  return new Uint8Array(entries.buffer);
}

function rootDirectory(size: number): Uint8Array {
  const entries = new Uint8Array(64);
  const view = new DataView(entries.buffer);
  entries.set(ascii('VITRINE', 11));
  entries[11] = 0x08;
  entries.set(ascii('README  TXT', 11), 32);
  entries[32 + 11] = 0x20;
  view.setUint16(32 + 26, 2, true);
  view.setUint32(32 + 28, size, true);
  return entries;
}

function ascii(text: string, length: number): Uint8Array {
  return new TextEncoder().encode(text.padEnd(length));
}
