import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatReader } from '../../src/domain/image-format/format-reader.ts';
import { inspectGpt } from '../../src/domain/image-format/gpt.ts';
import {
  type Inspection,
  maxLast,
  maxRange,
  type Wanted,
} from '../../src/domain/image-format/inspection.ts';
import { inspectIso } from '../../src/domain/image-format/iso.ts';
import { inspectLuks } from '../../src/domain/image-format/luks.ts';
import { inspectQcow2 } from '../../src/domain/image-format/qcow2.ts';
import { inspectQed } from '../../src/domain/image-format/qed.ts';
import { inspectVdi } from '../../src/domain/image-format/vdi.ts';
import { inspectFixedVhd, inspectVhd } from '../../src/domain/image-format/vhd.ts';
import { inspectVhdx } from '../../src/domain/image-format/vhdx.ts';
import { inspectVmdk } from '../../src/domain/image-format/vmdk.ts';
import {
  iso,
  luks,
  partitioned,
  qcow2,
  qed,
  vdi,
  vhd,
  vhdx,
  vmdk,
} from '../support/disk-images.ts';

const count = Number(process.env['VITRINE_FORMAT_INPUTS'] ?? 20_000);

/** ms that one input may take. */
const patience = 100;

const kib = 1024;

interface Subject {
  readonly inspect: () => Inspection;
  readonly data: Buffer;
  /** Where changes are made, in bytes. */
  readonly ranges: readonly (readonly [from: number, to: number])[];
}

const vmdkTypes = ['monolithicSparse', 'streamOptimized'];
const stream = vmdk({ type: 'streamOptimized', footer: () => undefined }).subarray(48 * kib);
const streamed = Buffer.concat([vmdk({ type: 'streamOptimized' }).subarray(0, 12 * kib), stream]);

const subjects: Readonly<Record<string, Subject>> = {
  gpt: {
    inspect: inspectGpt,
    data: partitioned(undefined, 1024),
    ranges: [
      [0, 24],
      [440, 512],
    ],
  },
  iso: { inspect: inspectIso, data: iso(), ranges: [[32 * kib, 32 * kib + 160]] },
  luks: { inspect: inspectLuks, data: luks().subarray(0, 1024), ranges: [[0, 112]] },
  qcow2: { inspect: inspectQcow2, data: qcow2().subarray(0, 1024), ranges: [[0, 112]] },
  qed: { inspect: inspectQed, data: qed().subarray(0, 512), ranges: [[0, 8]] },
  vdi: {
    inspect: inspectVdi,
    data: vdi().subarray(0, 1024),
    ranges: [
      [64, 80],
      [368, 376],
      [392, 480],
    ],
  },
  vhd: { inspect: inspectVhd, data: vhd().subarray(0, 1024), ranges: [[0, 80]] },
  'fixed vhd': {
    inspect: inspectFixedVhd,
    data: vhd({ disk: Buffer.alloc(1024) }),
    ranges: [[1020, 1100]],
  },
  vhdx: {
    inspect: inspectVhdx,
    data: vhdx({ place: 1024 * kib }),
    ranges: [
      [0, 8],
      [192 * kib, 192 * kib + 80],
      [1024 * kib, 1024 * kib + 128],
      [1088 * kib, 1088 * kib + 24],
    ],
  },
  vmdk: {
    inspect: () => inspectVmdk(vmdkTypes),
    data: vmdk().subarray(0, 12 * kib),
    ranges: [
      [0, 64],
      [512, 900],
    ],
  },
  'streamed vmdk': {
    inspect: () => inspectVmdk(vmdkTypes),
    data: streamed,
    ranges: [
      [0, 64],
      [512, 900],
      [streamed.length - 1536, streamed.length - 940],
    ],
  },
};

/** Numbers that are easily wrong by one, or by much. */
const numbers = [0, 1, 2, 3, 4, 7, 10, 32, 34, 44, 47, 58, 61, 92, 127, 128, 238, 254, 255];

/** Fast, and the same for the same seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** The same inspection, held to what it may ask for. */
function* held(inspection: Inspection): Inspection {
  let position = 0;
  let step = inspection.next(new Uint8Array(0));
  for (let steps = 0; !step.done; steps += 1) {
    const wanted: Wanted = step.value;
    assert.ok(steps < 10, 'An inspection asks for ever.');
    if (wanted.last === undefined) {
      assert.ok(
        wanted.length > 0 && wanted.length <= maxRange,
        `It asks for ${wanted.length} bytes.`,
      );
      assert.ok(wanted.offset >= position, 'It asks for what has passed.');
      position = wanted.offset + wanted.length;
    } else {
      assert.ok(wanted.last <= maxLast);
    }
    step = inspection.next(yield wanted);
  }
  return step.value;
}

for (const [name, { inspect, data, ranges }] of Object.entries(subjects)) {
  test(`${count} changed headers of ${name} are inspected, each at once and within bounds`, (t) => {
    const random = randomFrom(name.length * 7919 + count);
    const places = ranges.flatMap(([from, to]) =>
      Array.from({ length: to - from }, (_, n) => from + n),
    );
    const changed = Buffer.from(data);
    const began = performance.now();
    let found = 0;
    for (let n = 0; n < count; n += 1) {
      const undo: [at: number, byte: number][] = [];
      for (let changes = 1 + random(4); changes > 0; changes -= 1) {
        const at = places[random(places.length)] ?? 0;
        undo.push([at, changed[at] ?? 0]);
        changed[at] = random(2) === 0 ? random(256) : (numbers[random(numbers.length)] ?? 0);
      }
      const end = random(8) === 0 ? random(changed.length + 1) : changed.length;
      const start = performance.now();
      const reader = formatReader([held(inspect())]);
      reader.read(changed.subarray(0, end));
      reader.end();
      const isSlow = performance.now() - start > patience;
      // It may be others who made the machine wait.
      if (isSlow) assert.ok(timeOf(inspect, changed.subarray(0, end)) < patience);
      found += reader.findings.length;
      for (const [at, byte] of undo.reverse()) changed[at] = byte;
    }
    const seconds = (performance.now() - began) / 1000;
    t.diagnostic(`${name}: ${Math.round(count / seconds)} a second, ${found} found`);
    assert.ok(found > 0);
  });
}

/** ms of the processor. */
function timeOf(inspect: () => Inspection, data: Uint8Array): number {
  const start = process.cpuUsage();
  const reader = formatReader([inspect()]);
  reader.read(data);
  reader.end();
  return process.cpuUsage(start).user / 1000;
}

test('a descriptor of the worst lines takes no time', () => {
  const worst = ['\n', ' ', 'a', 'rw ', 'a=\n', '#\n', 'createtype=', '"', 'rw 1 '];
  for (const text of worst) {
    const data = vmdk({ sectors: 128 });
    const filled = Buffer.concat([data.subarray(0, 512), Buffer.alloc(64 * kib, text)]);

    assert.ok(timeOf(() => inspectVmdk(vmdkTypes), filled) < patience, JSON.stringify(text));
  }
});
