import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  diskSize,
  iso,
  luks,
  partitioned,
  qcow2,
  qed,
  vdi,
  vhd,
  vhdx,
  vmdk,
  vmdkDescriptor,
} from '../../../test/support/disk-images.ts';
import { DomainError } from '../errors.ts';
import { type FormatRules, formatCheck } from './data-format.ts';

const defaults: FormatRules = {
  requiresMatch: true,
  vmdkTypes: ['streamOptimized', 'monolithicSparse'],
  harmlessChecks: [],
};

interface Given {
  readonly rules?: Partial<FormatRules>;
  readonly container?: string;
  /** Bytes that come at a time. */
  readonly step?: number;
}

/** The size of the disk inside, or why the data is refused. */
function outcome(
  diskFormat: string,
  data: Buffer,
  { rules, container = 'bare', step = data.length }: Given = {},
): number | null | string {
  const image = { diskFormat, containerFormat: container };
  const check = formatCheck(image, { ...defaults, ...rules });
  // As stores do: all pieces come in the same memory.
  const memory = Buffer.alloc(Math.max(1, step));
  try {
    for (let at = 0; at < data.length; at += step) {
      const length = data.copy(memory, 0, at, at + step);
      check.read(memory.subarray(0, length));
      memory.fill(0xaa);
    }
    return check.end(data.length);
  } catch (error) {
    assert.ok(error instanceof DomainError && error.code === 'UnsupportedMediaType', String(error));
    return error.message;
  }
}

const fixed = (disk: Buffer) => vhd({ disk });
const asText = (text: string) => Buffer.from(text.padEnd(2048, '\n'));
const streamed = (footer: (header: Buffer) => void = () => undefined) =>
  vmdk({ type: 'streamOptimized', footer });

const right: readonly (readonly [what: string, format: string, data: Buffer])[] = [
  ['a qcow2 of version 3', 'qcow2', qcow2()],
  ['a qcow2 of version 2', 'qcow2', qcow2({ version: 2 })],
  ['a qcow2 with zstd, not closed cleanly', 'qcow2', qcow2({ features: [0, 3] })],
  [
    'a qcow2 of version 2 that names the format of nothing',
    'qcow2',
    qcow2({ version: 2, extensions: [[0xe2792aca, 'qcow2']] }),
  ],
  ['a sparse VMDK', 'vmdk', vmdk()],
  ['a VMDK made to be streamed', 'vmdk', streamed()],
  ['a VMDK made to be streamed, without a footer', 'vmdk', vmdk({ type: 'streamOptimized' })],
  ['a VHD that grows', 'vhd', vhd()],
  ['a VHD of a fixed size', 'vhd', fixed(Buffer.alloc(4096))],
  ['a VHD of a fixed size, with partitions', 'vhd', fixed(partitioned())],
  [
    'a VHD of a fixed size, of an old version',
    'vhd',
    vhd({ disk: Buffer.alloc(4096), footerSize: 511 }),
  ],
  ['a VHDX', 'vhdx', vhdx()],
  ['a VHDX whose size stands first', 'vhdx', vhdx({ items: ['diskSize', 'fileParameters'] })],
  ['a VDI', 'vdi', vdi()],
  ['a VDI of a fixed size', 'vdi', vdi({ type: 2 })],
  ['a CD', 'iso', iso()],
  [
    'a CD that starts as a disk too',
    'iso',
    Buffer.concat([partitioned([], 512), iso().subarray(512)]),
  ],
];

for (const [what, format, data] of right) {
  test(`${what} is ${format}, with the size of its disk`, () => {
    assert.equal(outcome(format, data), diskSize);
  });

  test(`${what} is refused as anything else, and has no disk inside as raw data`, () => {
    for (const other of ['qcow2', 'vmdk', 'vhd', 'vhdx', 'vdi', 'iso', 'ami', 'ploop']) {
      if (other === format) continue;
      const isHidden = what.startsWith('a VHD of a fixed size') && ['ami', 'ploop'].includes(other);
      const told = outcome(other, data);
      if (isHidden && !what.endsWith('partitions')) assert.equal(told, null);
      else assert.match(String(told), new RegExp(`^disk_format: is ${other}, but the data is`));
    }
    assert.equal(outcome('raw', data), data.length);
  });
}

for (const [what, format, data] of right.filter(([, , { length }]) => length < 100_000)) {
  test(`${what} is known however its bytes are cut`, () => {
    for (const step of [7, 511, 512, 513, 33_000]) {
      assert.equal(outcome(format, data, { step }), diskSize, `${step} bytes at a time`);
    }
  });
}

test('a VHDX is known however its bytes are cut', () => {
  for (const step of [1021, 65_536, 1024 * 1024]) {
    assert.equal(outcome('vhdx', vhdx(), { step }), diskSize, `${step} bytes at a time`);
  }
});

const unsafe: readonly (readonly [what: string, format: string, data: Buffer, reason: RegExp])[] = [
  ['a backing file', 'qcow2', qcow2({ backingFile: '/etc/passwd' }), /backing file/],
  [
    'a backing file, in version 2',
    'qcow2',
    qcow2({ version: 2, backingFile: '/etc/passwd' }),
    /backing file/,
  ],
  [
    'a backing file of JSON',
    'qcow2',
    qcow2({ backingFile: 'json:{"driver":"file","filename":"/etc/passwd"}' }),
    /backing file/,
  ],
  // CVE-2024-32498: the data of the disk is another file of the host.
  [
    'an external data file',
    'qcow2',
    qcow2({ features: [2], extensions: [[0x44415441, '/etc/passwd']] }),
    /another file/,
  ],
  [
    'an external data file of JSON',
    'qcow2',
    qcow2({ features: [2], extensions: [[0x44415441, 'json:{"driver":"file"}']] }),
    /another file/,
  ],
  ['extended L2 entries', 'qcow2', qcow2({ features: [4] }), /features/],
  ['features of the future', 'qcow2', qcow2({ features: [63] }), /features/],
  ['version 1', 'qcow2', qcow2({ version: 1 }), /version is 1/],
  ['version 4', 'qcow2', qcow2({ version: 4 }), /version is 4/],
  ['a header that is cut off', 'qcow2', qcow2().subarray(0, 100), /cut off/],
  ['a header that is too short', 'qcow2', qcow2({ headerLength: 96 }), /damaged/],
  // CVE-2022-47951: the data of the disk is another file of the host.
  [
    'a flat extent with a path',
    'vmdk',
    vmdk({ extents: ['RW 4 FLAT "/etc/passwd" 0'] }),
    /other files/,
  ],
  [
    'a flat extent with a path, and no size',
    'vmdk',
    vmdk({ capacity: 0, extents: ['RW 4 FLAT "/etc/passwd" 0'] }),
    /no size/,
  ],
  [
    'a flat extent in its folder',
    'vmdk',
    vmdk({ extents: ['RW 4 FLAT "another-image" 0'] }),
    /other files/,
  ],
  [
    'a sparse extent with a path',
    'vmdk',
    vmdk({ extents: ['RW 4 SPARSE "../disk.vmdk"'] }),
    /other files/,
  ],
  [
    'a second extent',
    'vmdk',
    vmdk({ extents: ['RW 4 SPARSE "a"', 'RW 4 SPARSE "b"'] }),
    /other files/,
  ],
  ['no extent', 'vmdk', vmdk({ extents: [] }), /other files/],
  [
    'a device as an extent',
    'vmdk',
    vmdk({ extents: ['RW 4 VMFSRDM "disk-rdm.vmdk"'] }),
    /other files/,
  ],
  ['a parent', 'vmdk', vmdk({ parent: '7a3f1c22' }), /parent/],
  ['a hint at a parent', 'vmdk', vmdk({ hint: '/etc/passwd' }), /parent/],
  [
    'a hint at a parent in a comment',
    'vmdk',
    vmdk({ line: '#parentFileNameHint="/etc/passwd"' }),
    /parent/,
  ],
  ['a second type in a comment', 'vmdk', vmdk({ line: '# createType="monolithicFlat"' }), /type/],
  ['a line that nobody knows', 'vmdk', vmdk({ line: 'open /etc/passwd' }), /lines/],
  ['a descriptor that is no text', 'vmdk', vmdk({ line: '\xff' }), /no text/],
  ['a descriptor elsewhere', 'vmdk', vmdk({ place: 2 }), /not where/],
  ['a descriptor of a gigabyte', 'vmdk', vmdk({ sectors: 2 ** 21 }), /not where/],
  ['a descriptor that is cut off', 'vmdk', vmdk().subarray(0, 1000), /cut off/],
  ['another version', 'vmdk', vmdk({ version: 4 }), /version is 4/],
  ...['monolithicFlat', 'twoGbMaxExtentSparse', 'vmfs', 'fullDevice', 'custom'].map(
    (type) => [`the type ${type}`, 'vmdk', vmdk({ type }), /type/] as const,
  ),
  ['a descriptor alone', 'vmdk', asText(vmdkDescriptor({ type: 'monolithicFlat' })), /alone/],
  [
    'a descriptor alone, without its title',
    'vmdk',
    asText('# a\n\nversion=1\ncreateType="vmfs"\n'),
    /alone/,
  ],
  ['a descriptor alone, of what QEMU looks for', 'vmdk', asText('#\n\nVersion=3\n'), /alone/],
  ['the magic of ESX', 'vmdk', Buffer.from('COWD'.padEnd(1024, '\0')), /one sparse file/],
  [
    'a footer of another size',
    'vmdk',
    streamed((header) => header.writeUInt32LE(1, 12)),
    /not like/,
  ],
  [
    'a footer with another descriptor',
    'vmdk',
    streamed((header) => header.writeUInt32LE(9, 28)),
    /not like/,
  ],
  [
    'a footer that has a footer',
    'vmdk',
    streamed((header) => header.fill(0xff, 56, 64)),
    /not like/,
  ],
  ['a footer that is none', 'vmdk', streamed().subarray(0, -512), /not like/],
  ['a VHD with a parent', 'vhd', vhd({ type: 4 }), /parent/],
  ['a VHD of an unknown type', 'vhd', vhd({ type: 5 }), /type is 5/],
  ['a VHD that is cut off', 'vhd', vhd().subarray(0, 100), /cut off/],
  ['a VHDX with a parent', 'vhdx', vhdx({ flags: 2 }), /parent/],
  [
    'a VHDX with a place of a parent',
    'vhdx',
    vhdx({ items: ['fileParameters', 'diskSize', 'parentLocator'] }),
    /parent/,
  ],
  [
    'a VHDX with two sizes',
    'vhdx',
    vhdx({ items: ['diskSize', 'diskSize', 'fileParameters'] }),
    /one entry/,
  ],
  ['a VHDX with two metadata', 'vhdx', vhdx({ regions: ['metadata', 'metadata'] }), /one entry/],
  ['a VHDX without a size', 'vhdx', vhdx({ items: ['fileParameters'] }), /one entry/],
  ['a VHDX with its metadata in its header', 'vhdx', vhdx({ place: 256 * 1024 }), /not where/],
  ['a VHDX whose metadata overlaps', 'vhdx', vhdx({ itemPlaces: [65_536, 65_540] }), /overlaps/],
  ['a VHDX that is cut off', 'vhdx', vhdx().subarray(0, 200_000), /damaged or cut off/],
  ['a VDI with a parent', 'vdi', vdi({ parent: true }), /parent/],
  ['a VDI that is a difference', 'vdi', vdi({ type: 4 }), /type is 4/],
  ['a VDI of another version', 'vdi', vdi({ version: 1 }), /version/],
  ['a VDI that is cut off', 'vdi', vdi().subarray(0, 300), /cut off/],
  ['a QED', 'raw', qed(), /QED/],
  ['LUKS of version 2', 'raw', luks({ version: 2 }), /version is 2/],
  [
    'partitions with a boot flag that is none',
    'raw',
    partitioned([{ type: 0x83, boot: 0x81 }]),
    /boot flag/,
  ],
  ['a partition table without partitions', 'raw', partitioned([]), /no partitions/],
  [
    'a protective partition that begins elsewhere',
    'raw',
    partitioned([{ type: 0xee, lba: 2 }]),
    /begin/,
  ],
  [
    'a protective partition in other geometry',
    'raw',
    partitioned([{ type: 0xee, start: [0, 1, 0] }]),
    /begin/,
  ],
  [
    'a protective partition among others',
    'raw',
    partitioned([{ type: 0xee }, { type: 0x83 }]),
    /further/,
  ],
];

for (const [what, format, data, reason] of unsafe) {
  test(`what has ${what} is not kept, whatever it is called`, () => {
    const told = [format, 'raw'].map((one) => outcome(one, data));

    for (const text of told) assert.match(String(text), reason);
    for (const text of told)
      assert.match(String(text), /^The data( is \w+, and)? may not be kept: /);
    assert.match(String(outcome(format, data, { rules: { requiresMatch: false } })), reason);
  });
}

test('a fixed VHD with a parent is not kept', () => {
  const data = vhd({ type: 4, disk: Buffer.alloc(512) });

  assert.match(String(outcome('vhd', data)), /parent/);
});

test('raw data is anything that harms nobody, and as large as it is', () => {
  const zero = Buffer.alloc(100_000);

  assert.equal(outcome('raw', zero), zero.length);
  assert.equal(outcome('raw', Buffer.from('12345')), 5);
  assert.equal(outcome('raw', Buffer.alloc(0)), null);
  assert.equal(outcome('raw', Buffer.from('version = 2\n# no descriptor, but a text')), 39);
  assert.equal(outcome('raw', partitioned()), 65_536);
  assert.equal(outcome('raw', partitioned([{ type: 0x83, boot: 0x80 }, { type: 0x82 }])), 65_536);
  assert.equal(outcome('raw', luks().subarray(0, 100_000)), 100_000);
});

test('a file system without partitions is no partition table', () => {
  const fat = partitioned([{ type: 0x41, boot: 0x4e }]);
  fat[0x10] = 2;
  fat[0x15] = 0xf8;

  assert.equal(outcome('raw', fat), fat.length);
});

test('what nothing here knows is taken for a format that nothing here knows', () => {
  for (const format of ['ami', 'aki', 'ari', 'ploop']) {
    assert.equal(outcome(format, Buffer.from('12345')), null);
  }
});

test('a kernel may begin with what looks like a partition table', () => {
  const kernel = partitioned([]);

  assert.equal(outcome('aki', kernel), null);
  assert.equal(outcome('ari', kernel), null);
  assert.match(String(outcome('ami', kernel)), /no partitions/);
});

test('data of two formats at once is neither', () => {
  const both = Buffer.concat([qcow2().subarray(0, 32 * 1024), iso().subarray(32 * 1024)]);
  const disguised = fixed(qcow2());

  for (const format of ['qcow2', 'iso', 'raw']) {
    assert.match(String(outcome(format, both)), /several formats at once: iso, qcow2/);
  }
  assert.match(String(outcome('vhd', disguised)), /several formats at once: qcow2, vhd/);
});

test('of a container, and of what is no bare disk, nothing is looked at', () => {
  for (const container of ['ovf', 'ova', 'docker', 'compressed', 'aki']) {
    assert.equal(outcome('qcow2', qcow2({ backingFile: 'a' }), { container }), null);
  }
});

test('where no match is required, a mismatch costs the size of the disk and nothing else', () => {
  const rules = { requiresMatch: false };

  assert.equal(outcome('vhd', qcow2(), { rules }), null);
  assert.equal(outcome('qcow2', Buffer.from('12345'), { rules }), null);
  assert.equal(outcome('qcow2', qcow2(), { rules }), diskSize);
});

test('the operator may let partition tables pass, and types of VMDKs not', () => {
  const harmlessChecks = ['mbr'];

  assert.equal(outcome('raw', partitioned([]), { rules: { harmlessChecks } }), 65_536);
  assert.match(String(outcome('raw', qed(), { rules: { harmlessChecks } })), /QED/);
  assert.match(
    String(outcome('vmdk', vmdk(), { rules: { vmdkTypes: ['streamOptimized'] } })),
    /type/,
  );
  assert.match(String(outcome('vmdk', streamed(), { rules: { vmdkTypes: [] } })), /type/);
});

test('data that cannot be what it should is refused long before its end', () => {
  const check = formatCheck({ diskFormat: 'qcow2', containerFormat: 'bare' }, defaults);

  assert.throws(() => check.read(Buffer.alloc(1024 * 1024)), /^DomainError: disk_format: is qcow2/);
});

test('sizes that no number holds exactly are no sizes', () => {
  const data = qcow2();
  data.fill(0xff, 24, 32);

  assert.equal(outcome('qcow2', data), null);
});
