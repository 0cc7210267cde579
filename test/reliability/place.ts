import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Folder } from '../support/service-process.ts';

/** A new folder, in memory where the machine has such: thousands of disks are written and thrown away. */
export async function emptyPlace(): Promise<Folder> {
  const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const path = await mkdtemp(join(parent, 'vitrine-test-'));
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** How often something is tried: as often as the variable says. */
export function countOf(variable: string, usual: number): number {
  return Number(process.env[variable] ?? usual);
}
