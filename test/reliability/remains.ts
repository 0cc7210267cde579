import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { applyNames, applyWrite, type Disk, type DiskFile, type DiskFolder } from './disk.ts';

/** Numbers from 0 (inclusive) to 1 (exclusive) that follow from a seed alone. */
export type Random = () => number;

/** @see "mulberry32", a generator of 32 bits by Tommy Ettinger, in the public domain */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What of the changes that are not on stable storage yet a power cut leaves. */
export type Luck = 'none' | 'all' | 'some' | 'torn';

export const lucks: readonly Luck[] = ['none', 'all', 'some', 'torn'];

/** One way in which a disk may be found after a power cut. */
export interface Remains {
  /** The same for the same bytes under the same names. */
  readonly key: string;
  /** Writes them into a new folder. */
  writeTo(folder: string): void;
}

/** Files and folders by their path, the root's own being empty; a file with its bytes when somebody asks. */
type Tree = Map<string, (() => Buffer) | undefined>;

/** Picks one of the ways in which `disk` may be found if the power goes now. */
export function remainsOf(disk: Disk, luck: Luck, random: Random): Remains {
  const tree: Tree = new Map();
  const key = createHash('sha1');
  const share = luck === 'none' ? 0 : luck === 'all' ? 1 : random();

  function addFile(path: string, file: DiskFile): void {
    const kept = file.pending
      .map((write) => ({ write, seed: luck === 'torn' ? Math.floor(random() * 2 ** 32) : 0 }))
      .filter(({ seed }) => seed !== 0 || random() < share);
    key.update(`${path} ${file.id}.${file.version}`);
    for (const { write, seed } of kept) key.update(` ${write.id}/${seed}`);
    tree.set(path, () =>
      kept.reduce((bytes, { write, seed }) => {
        const torn = randomFrom(seed);
        return applyWrite(bytes, write, seed === 0 ? undefined : () => torn() < share);
      }, file.stable),
    );
  }

  function addFolder(path: string, folder: DiskFolder): void {
    tree.set(path, undefined);
    const names = new Map(folder.stable);
    for (const naming of folder.pending) if (random() < share) applyNames(names, naming);
    for (const [name, node] of names) {
      if (node.kind === 'file') addFile(join(path, name), node);
      else addFolder(join(path, name), node);
    }
  }

  addFolder('', disk.root);
  return { key: key.digest('hex'), writeTo: (folder) => writeTree(tree, folder) };
}

function writeTree(tree: Tree, folder: string): void {
  for (const [path, bytes] of tree) {
    if (bytes) writeFileSync(join(folder, path), bytes(), { mode: 0o600 });
    else mkdirSync(join(folder, path), { recursive: true, mode: 0o700 });
  }
}
