import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deleteImages, makeSource, uploadImages } from './data.ts';
import type { Single } from './figures.ts';
import type { Options } from './options.ts';
import { memoryOf } from './process-usage.ts';
import { signIn, startService } from './service.ts';

const uploads = 64;

/** The most memory that the service may take under so many uploads, MiB. */
const memoryLimit = 300;

const mebibyte = 1024 * 1024;

/** Bytes that stay free on the disk: others use it too. */
const spare = 8 * 1024 * mebibyte;

/** The peak of memory under 64 uploads at once; they are smaller than asked for when the disk has no room. */
export async function measureParallel(folder: string, options: Options): Promise<Single[]> {
  const { bavail, bsize } = await statfs(folder);
  // One more for the source.
  const room = Math.floor((bavail * bsize - spare) / (uploads + 1) / mebibyte) * mebibyte;
  const size = Math.min(options.parallelSize, room);
  if (size <= 0) throw new Error(`The disk of ${folder} has no room for ${uploads} images.`);
  const data = await mkdtemp(join(folder, 'parallel-'));
  const { child, url } = await startService(options.server, data);
  await using _ended = child;
  const service = await signIn(child, url, data);
  const source = await makeSource(data, size);
  // 5 makes the kernel forget the peak of the start.
  await writeFile(`/proc/${child.pid}/clear_refs`, '5');
  const { images, seconds } = await uploadImages(service, source, uploads);
  const peak = await memoryOf(child.pid, 'VmHWM');
  await deleteImages(service, images);
  await rm(source.path);
  const name = `${uploads} uploads of ${size / mebibyte} MiB at once`;
  return [
    { name: `peak memory, ${name}`, value: peak, unit: 'MiB', atMost: memoryLimit },
    {
      name: `rate of all together, ${name}`,
      value: (uploads * size) / mebibyte / seconds,
      unit: 'MiB/s',
    },
  ];
}
