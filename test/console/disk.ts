import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Makes a disk image as people do: an ISO 9660 file system with something in it. */
export async function makeIso(folder: string, name: string, size: number): Promise<string> {
  const content = join(folder, `${name}.content`);
  await mkdir(content);
  await writeFile(join(content, 'README.TXT'), `The disk ${name}.\n`);
  await writeFile(join(content, 'DATA.BIN'), randomBytes(size));
  const path = join(folder, `${name}.iso`);
  await promisify(execFile)('genisoimage', ['-quiet', '-J', '-R', '-V', name, '-o', path, content]);
  return path;
}
