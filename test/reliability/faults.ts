import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../support/service-process.ts';

/** Kinds of system calls, as bits. */
const kinds = { open: 1, write: 2, sync: 4, name: 8, size: 16 } as const;

const all = kinds.open | kinds.write | kinds.sync | kinds.name | kinds.size;

/** How calls fail, and which of them can fail that way. */
export const failures = {
  EIO: { error: constants.errno.EIO, kinds: all },
  ENOSPC: { error: constants.errno.ENOSPC, kinds: all },
  EMFILE: { error: constants.errno.EMFILE, kinds: kinds.open },
  'a short write': { error: -1, kinds: kinds.write },
} as const;

export type Failure = keyof typeof failures;

/** The call that is to fail: the first, second, … of those that can. */
export interface Fault {
  readonly failure: Failure;
  readonly at: number;
}

/** Lets calls of a service fail that works in one folder. */
export interface Faults extends Disposable {
  /** What the service is to be started with. */
  readonly environment: Environment;
  /** From now on, and with none nothing fails. */
  plan(faults: readonly Fault[]): void;
  /** Calls since the plan that could have failed that way. */
  count(): number;
  /** Whether a sync has failed since the plan. */
  hasFailedSync(): boolean;
}

const source = fileURLToPath(new URL('faults.c', import.meta.url));
const planSize = 20;

/** @param place a folder, of which the service works in `data` */
export function faultsIn(place: string): Faults {
  const library = join(place, 'faults.so');
  execFileSync('gcc', ['-shared', '-fPIC', '-O2', '-o', library, source, '-ldl']);
  const path = join(place, 'faults');
  writeFileSync(path, new Uint8Array(2 * planSize));
  const shared = openSync(path, 'r+');

  function field(plan: number, index: number): number {
    const bytes = Buffer.alloc(4);
    readSync(shared, bytes, 0, 4, plan * planSize + index * 4);
    return bytes.readInt32LE();
  }

  return {
    environment: {
      LD_PRELOAD: library,
      FAULTS_FILE: path,
      FAULTS_BELOW: join(place, 'data'),
    },

    plan(faults) {
      for (const plan of [0, 1]) {
        const fault = faults[plan];
        const failure = fault && failures[fault.failure];
        const fields = [failure?.kinds ?? 0, fault?.at ?? 0, failure?.error ?? 0, 0, 0];
        writeSync(
          shared,
          Buffer.from(Int32Array.from(fields).buffer),
          0,
          planSize,
          plan * planSize,
        );
      }
    },

    count: () => field(0, 3),

    hasFailedSync: () => [0, 1].some((plan) => field(plan, 4) === kinds.sync),

    [Symbol.dispose]() {
      closeSync(shared);
    },
  };
}
