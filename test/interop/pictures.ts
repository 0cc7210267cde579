import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, succeeded } from './clients.ts';

/** A bootable CD: GRUB's rescue disk, as Debian's grub-rescue-pc installs it. */
export const isoFile = '/usr/lib/grub-rescue/grub-rescue-cdrom.iso';

/** Makes the qcow2 twin of the bootable CD in `directory`. */
export async function qcow2File(directory: string): Promise<string> {
  const file = join(directory, 'grub-rescue.qcow2');
  succeeded(await run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', isoFile, file]));
  return file;
}

/** Whether two disk images hold the same content, whatever their formats. */
export async function isSameDisk(one: string, other: string): Promise<boolean> {
  return (await run('qemu-img', ['compare', one, other])).code === 0;
}

/** Size in bytes and hexadecimal digests of a file, named as the Images API names them. */
export async function fingerprint(file: string) {
  const data = await readFile(file);
  return {
    size: data.length,
    checksum: createHash('md5').update(data).digest('hex'),
    os_hash_value: createHash('sha512').update(data).digest('hex'),
  };
}
