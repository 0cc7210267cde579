import { constants } from 'node:fs';
import { chmod, type FileHandle, link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  type DataLook,
  differenceOf,
  lookThrough,
  type Readable,
  type WantedData,
} from '../data-look.ts';
import { codeOf, syncFolder } from './format.ts';

/** Data that is not what it is to be. */
export class WrongDataError extends Error {
  /** The byte from which on it is not. */
  readonly position: number;

  constructor(path: string, position: number) {
    super(`${path} is not what it is to be, at ${position} or before.`);
    this.name = 'WrongDataError';
    this.position = position;
  }
}

export interface CopyOptions {
  readonly from: string;
  readonly to: string;
  readonly wanted: WantedData;
  /** Whether one file may stand at both places, where the system can do that. */
  readonly links: boolean;
  /** Whether what is not as wanted is brought there all the same; else it is refused, and nothing is there. */
  readonly keepsWrong: boolean;
}

/** What has been copied. */
export interface Copied extends DataLook {
  readonly isAsWanted: boolean;
}

/**
 * Brings data to another place, reading all of it on the way. At its place it is whole from the moment that it is seen;
 * its name is on stable storage once the folder is synced.
 *
 * @throws WrongDataError; the system's own error
 */
export async function copyData(options: CopyOptions): Promise<Copied> {
  const { from, to, links } = options;
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  await using source = await open(from, constants.O_RDONLY | constants.O_NOFOLLOW);
  const partial = `${to}.partial`;
  try {
    const look = (await tryLink(links, from, partial))
      ? await lookThrough(await readableOf(source), async () => {})
      : await writeTo(partial, await readableOf(source));
    const copied = judge(options, look);
    await rename(partial, to);
    return copied;
  } finally {
    await rm(partial, { force: true });
  }
}

/** Brings what can be read to a place, as `copyData` does. @throws WrongDataError; what reading throws; the system's own error */
export async function copyReader(
  source: Readable,
  { to, ...options }: Pick<CopyOptions, 'keepsWrong' | 'to' | 'wanted'>,
): Promise<Copied> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  const partial = `${to}.partial`;
  try {
    const copied = judge({ ...options, from: to }, await writeTo(partial, source));
    await rename(partial, to);
    return copied;
  } finally {
    await rm(partial, { force: true });
  }
}

async function tryLink(links: boolean, from: string, to: string): Promise<boolean> {
  return links && (await linkTo(from, to));
}

function judge(
  { from, wanted, keepsWrong }: Pick<CopyOptions, 'from' | 'keepsWrong' | 'wanted'>,
  look: DataLook,
): Copied {
  if (keepsWrong) return { ...look, isAsWanted: differenceOf(wanted, look) === undefined };
  check(from, wanted, look);
  return { ...look, isAsWanted: true };
}

/** Reads data where it lies. @throws WrongDataError; the system's own error */
export async function checkData(path: string, wanted: WantedData): Promise<DataLook> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  const look = await lookThrough(await readableOf(file), async () => {});
  check(path, wanted, look);
  return look;
}

/** Lets one file stand at two places, unread; false where the system cannot do that. */
export async function linkTo(from: string, to: string): Promise<boolean> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  // What a backup that was interrupted left there is not known to be this file.
  await rm(to, { force: true });
  try {
    await link(from, to);
    return true;
  } catch (cause) {
    if (['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP'].includes(codeOf(cause) ?? ''))
      return false;
    throw cause;
  }
}

function check(path: string, wanted: WantedData, look: DataLook): void {
  const position = differenceOf(wanted, look);
  if (position !== undefined) throw new WrongDataError(path, position);
}

async function readableOf(file: FileHandle) {
  const { size } = await file.stat();
  return {
    size,
    async read(buffer: Uint8Array, position: number): Promise<number> {
      let filled = 0;
      while (filled < buffer.length) {
        const wanted = buffer.length - filled;
        const { bytesRead } = await file.read(buffer, filled, wanted, position + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return filled;
    },
  };
}

async function writeTo(path: string, source: Readable): Promise<DataLook> {
  await using target = await open(path, 'w', 0o600);
  const look = await lookThrough(source, async (bytes, position) => {
    for (let done = 0; done < bytes.length; ) {
      const left = bytes.length - done;
      done += (await target.write(bytes, done, left, position + done)).bytesWritten;
    }
  });
  await target.sync();
  return look;
}

/** Copies a small file that is for its owner alone. */
export async function copySecret(from: string, to: string): Promise<void> {
  const anything = { size: undefined, sums: undefined, sha512: undefined };
  await copyData({ from, to, wanted: anything, links: false, keepsWrong: false });
  await chmod(to, 0o600);
  await syncFolder(dirname(to));
}
