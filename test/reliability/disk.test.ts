import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Disk } from './disk.ts';
import { randomFrom, remainsOf } from './remains.ts';
import type { SystemCall } from './trace.ts';

function call(name: string, texts: readonly string[], given: Partial<SystemCall> = {}): SystemCall {
  const bytes = texts.map((text) => Buffer.from(text));
  return { name, files: [], rest: [], result: 0, ...given, texts: bytes };
}

/** A disk with the folder `/root/data`, in which there is the file `kept`. */
function diskWithFile(): Disk {
  const disk = new Disk({ root: '/root' });
  const kept = call('openat', ['/root/data/kept'], { rest: ['O_RDWR|O_CREAT'], result: 5 });
  for (const made of [call('mkdir', ['/root/data']), kept]) {
    disk.take({ phase: 'begin', call: made });
    disk.take({ phase: 'end', call: made });
  }
  return disk;
}

function keyOf(disk: Disk): string {
  return remainsOf(disk, 'all', randomFrom(1)).key;
}

describe('a call that is going to fail leaves the disk as it is, however far it has come', () => {
  const calls = {
    'a folder that is there': call('mkdir', ['/root/data'], { result: -1 }),
    'a name that is taken': call('link', ['/root/data', '/root/data/kept'], { result: -1 }),
  };
  for (const [what, failing] of Object.entries(calls)) {
    test(`${failing.name} of ${what}`, () => {
      const disk = diskWithFile();
      const before = keyOf(disk);

      disk.take({ phase: 'begin', call: failing });
      const amid = keyOf(disk);
      disk.take({ phase: 'end', call: failing });

      assert.equal(amid, before);
      assert.equal(keyOf(disk), before);
    });
  }

  test('while one that makes something may have made it', () => {
    const disk = diskWithFile();
    const before = keyOf(disk);

    disk.take({ phase: 'begin', call: call('link', ['/root/data/kept', '/root/data/new']) });

    assert.notEqual(keyOf(disk), before);
  });
});
