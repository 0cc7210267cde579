import { createHash } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { makeDiskImage } from './disk-image.ts';

/** The disk that is shared, as a file. */
export interface Disk extends AsyncDisposable {
  readonly path: string;
  readonly fileName: string;
  /** What the service calls the format. */
  readonly format: string;
  readonly data: Blob;
  /** In hex. */
  readonly sha512: string;
  /** Whether it is the one that the demo made. */
  readonly made: boolean;
}

const formats: Readonly<Record<string, string>> = {
  '.iso': 'iso',
  '.qcow2': 'qcow2',
  '.vdi': 'vdi',
  '.vhd': 'vhd',
  '.vhdx': 'vhdx',
  '.vmdk': 'vmdk',
};

const readme = `This disk image was made by the demo of Vitrine.\r
It went from one project to another and arrived as it was sent.\r
`;

/** Opens the file given, or makes a disk in a temporary folder that goes with it. */
export async function openDisk(given: string | undefined): Promise<Disk> {
  if (given !== undefined) return diskOf(given, false);
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-demo-'));
  const path = join(folder, 'vitrine-demo.raw');
  await writeFile(path, makeDiskImage(readme));
  const disk = await diskOf(path, true);
  return {
    ...disk,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function diskOf(path: string, made: boolean): Promise<Disk> {
  const data = await openAsBlob(path);
  return {
    path,
    fileName: basename(path),
    format: formats[extname(path).toLowerCase()] ?? 'raw',
    data,
    sha512: await sha512Of(data.stream()),
    made,
    async [Symbol.asyncDispose]() {},
  };
}

/** The SHA-512 of a stream, in hex. */
export async function sha512Of(data: ReadableStream<Uint8Array>): Promise<string> {
  const hash = createHash('sha512');
  for await (const chunk of data) hash.update(chunk);
  return hash.digest('hex');
}
