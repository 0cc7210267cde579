/** Disk images made of their headers alone, right or wrong, as the formats' descriptions have them. */

const kib = 1024;

/** Bytes of the disk that each of them says to have inside. */
export const diskSize = 3 * kib * kib;

function zeros(length: number): Buffer {
  return Buffer.alloc(length);
}

export interface Qcow2 {
  readonly version?: number;
  readonly backingFile?: string;
  /** Bit numbers. */
  readonly features?: readonly number[];
  readonly headerLength?: number;
  /** Behind the header: a type and its text each. */
  readonly extensions?: readonly (readonly [type: number, text: string])[];
}

export function qcow2({
  version = 3,
  backingFile,
  features = [],
  headerLength = 112,
  extensions = [],
}: Qcow2 = {}): Buffer {
  const file = zeros(64 * kib);
  file.write('QFI\xfb', 'latin1');
  file.writeUInt32BE(version, 4);
  file.writeUInt32BE(16, 20);
  file.writeBigUInt64BE(BigInt(diskSize), 24);
  const bits = features.reduce((all, bit) => all | (1n << BigInt(bit)), 0n);
  file.writeBigUInt64BE(bits, 72);
  if (version === 3) file.writeUInt32BE(headerLength, 100);
  let at = version === 3 ? headerLength : 72;
  for (const [type, text] of extensions) {
    file.writeUInt32BE(type, at);
    file.writeUInt32BE(text.length, at + 4);
    file.write(text, at + 8, 'latin1');
    at += 8 + Math.ceil(text.length / 8) * 8;
  }
  if (backingFile !== undefined) {
    file.writeBigUInt64BE(BigInt(at + 8), 8);
    file.writeUInt32BE(backingFile.length, 16);
    file.write(backingFile, at + 8, 'latin1');
  }
  return file;
}

export interface Vmdk {
  readonly type?: string;
  readonly extents?: readonly string[];
  readonly parent?: string;
  readonly hint?: string;
  /** Sectors. */
  readonly capacity?: number;
  /** Where the descriptor is, in sectors. */
  readonly place?: number;
  readonly sectors?: number;
  readonly version?: number;
  /** What the footer changes of the header, for streams. */
  readonly footer?: (header: Buffer) => void;
  /** A line of the descriptor. */
  readonly line?: string;
}

export function vmdkDescriptor({
  type = 'monolithicSparse',
  extents = [`RW ${diskSize / 512} SPARSE "disk.vmdk"`],
  parent = 'ffffffff',
  hint,
  line = '',
}: Vmdk = {}): string {
  return [
    '# Disk DescriptorFile',
    'version=1',
    'CID=7a3f1c22',
    `parentCID=${parent}`,
    `createType="${type}"`,
    ...(hint === undefined ? [] : [`parentFileNameHint="${hint}"`]),
    line,
    '# Extent description',
    ...extents,
    '',
    '# The Disk Data Base',
    '#DDB',
    'ddb.virtualHWVersion = "4"',
    'ddb.geometry.cylinders = "6"',
    '',
  ].join('\n');
}

export function vmdk(options: Vmdk = {}): Buffer {
  const { capacity = diskSize / 512, place = 1, sectors = 20, version = 1, footer } = options;
  const header = zeros(512);
  header.write('KDMV');
  header.writeUInt32LE(version, 4);
  header.writeUInt32LE(3, 8);
  header.writeBigUInt64LE(BigInt(capacity), 12);
  header.writeBigUInt64LE(128n, 20);
  header.writeBigUInt64LE(BigInt(place), 28);
  header.writeBigUInt64LE(BigInt(sectors), 36);
  header.writeUInt32LE(512, 44);
  header.writeBigUInt64LE(26n, 56);
  const file = zeros(64 * kib);
  header.copy(file);
  file.write(vmdkDescriptor(options), 512, 'latin1');
  if (!footer) return file;

  file.writeBigUInt64LE(2n ** 64n - 1n, 56);
  const marker = zeros(512);
  marker.writeUInt32LE(1, 0);
  marker.writeUInt32LE(3, 12);
  footer(header);
  return Buffer.concat([file, marker, header, zeros(512)]);
}

export interface Vhd {
  readonly type?: number;
  /** What stands before the footer; without it the disk is one that grows. */
  readonly disk?: Buffer;
  readonly footerSize?: number;
}

export function vhd({ type, disk, footerSize = 512 }: Vhd = {}): Buffer {
  const footer = zeros(footerSize);
  footer.write('conectix');
  footer.writeUInt32BE(2, 8);
  footer.writeUInt32BE(0x0001_0000, 12);
  footer.writeBigUInt64BE(BigInt(diskSize) / 2n, 40);
  footer.writeBigUInt64BE(BigInt(diskSize), 48);
  footer.writeUInt32BE(type ?? (disk ? 2 : 3), 60);
  return disk ? Buffer.concat([disk, footer]) : Buffer.concat([footer, zeros(64 * kib), footer]);
}

const guids = {
  metadata: '06a27c8b90479a4bb8fe575f050f886e',
  fileParameters: '3767a1ca36fa434db3b633f0aa44e76b',
  diskSize: '2442a52f1bcd7648b2115dbed83bf4b8',
  parentLocator: '2d5fd3a80bb34d45abf7d3d84834ab0c',
};

export interface Vhdx {
  readonly flags?: number;
  readonly items?: readonly (keyof typeof guids)[];
  readonly regions?: readonly (keyof typeof guids)[];
  readonly place?: number;
  readonly itemPlaces?: readonly number[];
}

export function vhdx({
  flags = 0,
  items = ['fileParameters', 'diskSize'],
  regions = ['metadata'],
  place = 2 * kib * kib,
  itemPlaces = [64 * kib, 64 * kib + 8, 64 * kib + 16],
}: Vhdx = {}): Buffer {
  const file = zeros(place + 128 * kib);
  file.write('vhdxfile');
  const table = 192 * kib;
  file.write('regi', table);
  file.writeUInt32LE(regions.length, table + 8);
  for (const [n, region] of regions.entries()) {
    const at = table + 16 + n * 32;
    file.write(guids[region], at, 'hex');
    file.writeBigUInt64LE(BigInt(place), at + 16);
  }
  file.write('metadata', place);
  file.writeUInt16LE(items.length, place + 10);
  for (const [n, item] of items.entries()) {
    const at = place + 32 + n * 32;
    const offset = itemPlaces[n] ?? 64 * kib;
    file.write(guids[item], at, 'hex');
    file.writeUInt32LE(offset, at + 16);
    file.writeUInt32LE(8, at + 20);
    if (item === 'fileParameters') file.writeUInt32LE(flags, place + offset + 4);
    if (item === 'diskSize') file.writeBigUInt64LE(BigInt(diskSize), place + offset);
  }
  return file;
}

export function vdi({ type = 1, version = 0x0001_0001, parent = false } = {}): Buffer {
  const file = zeros(64 * kib);
  file.write('<<< Oracle VM VirtualBox Disk Image >>>\n');
  file.writeUInt32LE(0xbeda107f, 0x40);
  file.writeUInt32LE(version, 0x44);
  file.writeUInt32LE(type, 0x4c);
  file.writeBigUInt64LE(BigInt(diskSize), 0x170);
  if (parent) file.write('0102030405060708', 0x1b8, 'hex');
  return file;
}

export function iso({ standard = 'CD001', type = 1 } = {}): Buffer {
  const file = zeros(40 * kib);
  file[32 * kib] = type;
  file.write(standard, 32 * kib + 1);
  file.writeUInt32LE(diskSize / 2048, 32 * kib + 80);
  file.writeUInt16LE(2048, 32 * kib + 128);
  return file;
}

export interface PartitionEntry {
  readonly boot?: number;
  readonly start?: readonly [number, number, number];
  readonly type: number;
  readonly lba?: number;
}

/** A disk with these partitions in its first sector; a GPT's protective one when none are named. */
export function partitioned(
  entries: readonly PartitionEntry[] = [{ type: 0xee }],
  size = 64 * kib,
): Buffer {
  const file = zeros(size);
  for (const [n, { boot = 0, start = [0, 2, 0], type, lba = 1 }] of entries.entries()) {
    file.set([boot, ...start, type], 446 + 16 * n);
    file.writeUInt32LE(lba, 446 + 16 * n + 8);
  }
  file.writeUInt16LE(0xaa55, 510);
  return file;
}

export function luks({ version = 1 } = {}): Buffer {
  const file = zeros(4096 * 512 + diskSize);
  file.write('LUKS\xba\xbe', 'latin1');
  file.writeUInt16BE(version, 6);
  file.writeUInt32BE(4096, 104);
  return file;
}

export function qed(): Buffer {
  const file = zeros(64 * kib);
  file.write('QED\0');
  return file;
}
