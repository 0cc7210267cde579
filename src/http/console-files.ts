import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';

/** A file of the console in one encoding. */
export interface EncodedFile {
  readonly bytes: Buffer;
  /** Strong: other bytes have another one. */
  readonly etag: string;
}

export interface ConsoleFile {
  readonly type: string;
  /** By the name of its encoding, `identity` among them. */
  readonly encodings: ReadonlyMap<string, EncodedFile>;
}

/** What the build made, by path; the page itself is at `index.html`. */
export type ConsoleFiles = ReadonlyMap<string, ConsoleFile>;

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Compressed at build, as small as it gets; the suffix that the build gave each. */
const suffixes = { br: '.br', gzip: '.gz' } as const;

/**
 * Reads what `npm run build:console` made, into memory: some hundred KiB.
 *
 * @param page makes the page of this service from the one that was built
 * @returns undefined when nothing was built
 */
export async function readConsoleFiles(
  folder: string,
  page: (html: string) => string,
): Promise<ConsoleFiles | undefined> {
  const html = await readIfThere(join(folder, 'index.html'));
  if (!html) return undefined;
  const files = new Map([['index.html', await packedPage(page(html.toString()))]]);
  for (const name of await readdir(join(folder, 'assets'))) {
    const type = types[extname(name)];
    if (type !== undefined) files.set(`assets/${name}`, await readAsset(folder, name, type));
  }
  return files;
}

async function readAsset(folder: string, name: string, type: string): Promise<ConsoleFile> {
  const path = join(folder, 'assets', name);
  const encodings = new Map([['identity', encoded(await readFile(path))]]);
  for (const [encoding, suffix] of Object.entries(suffixes)) {
    const bytes = await readIfThere(path + suffix);
    if (bytes) encodings.set(encoding, encoded(bytes));
  }
  return { type, encodings };
}

/** The page differs from service to service, and is short: it is compressed here. */
async function packedPage(html: string): Promise<ConsoleFile> {
  const bytes = Buffer.from(html);
  const encodings = new Map([
    ['identity', encoded(bytes)],
    ['br', encoded(await promisify(brotliCompress)(bytes))],
    ['gzip', encoded(await promisify(gzip)(bytes))],
  ]);
  return { type: 'text/html; charset=utf-8', encodings };
}

function encoded(bytes: Buffer): EncodedFile {
  const digest = createHash('sha256').update(bytes).digest('base64url').slice(0, 27);
  return { bytes, etag: `"${digest}"` };
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw cause;
  }
}
