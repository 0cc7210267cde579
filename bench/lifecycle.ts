import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { deleteImages, makeSource, uploadImages } from './data.ts';
import { transferData } from './data-client.ts';
import { median, type Single } from './figures.ts';
import type { Options } from './options.ts';
import { memoryOf } from './process-usage.ts';
import { type Service, signIn, startService } from './service.ts';

/** The most memory that the service may take, in MiB, whatever the size of an image. */
const memoryLimit = 200;

/** What it is to take at most while it has nothing to do, in MiB. */
const idleLimit = 100;

/** The most that its start may take on an empty folder, ms. */
const startLimit = 700;

/** The time from spawning the service on an empty folder to its ready line: the median of 5. */
export async function measureStart(folder: string, server: string): Promise<Single> {
  const times: number[] = [];
  for (let n = 0; n < 5; n += 1) {
    const data = await mkdtemp(join(folder, 'start-'));
    const started = await startService(server, data);
    times.push(started.milliseconds);
    await started.child[Symbol.asyncDispose]();
    await rm(data, { recursive: true });
  }
  const name = 'start on an empty folder, median of 5';
  return { name, value: median(times), unit: 'ms', atMost: startLimit };
}

/** Memory of a service that only started, and its peak while one large image goes in and out. */
export async function measureMemory(folder: string, options: Options): Promise<Single[]> {
  const data = await mkdtemp(join(folder, 'memory-'));
  const { child, url } = await startService(options.server, data);
  await using _ended = child;
  const service = await signIn(child, url, data);
  await wait(2000);
  const idle = await memoryOf(child.pid, 'VmRSS');
  const started = await memoryOf(child.pid, 'VmHWM');

  const source = await makeSource(data, options.memorySize);
  // 5 makes the kernel forget the peak so far: what follows is the peak of the transfer.
  await writeFile(`/proc/${child.pid}/clear_refs`, '5');
  await moveInAndOut(service, source);
  const peak = await memoryOf(child.pid, 'VmHWM');
  const name = `${options.memorySize / 1024 / 1024} MiB`;
  return [
    { name: 'resident memory, idle', value: idle, unit: 'MiB', atMost: idleLimit },
    { name: 'peak memory of the start', value: started, unit: 'MiB', atMost: memoryLimit },
    {
      name: `peak memory, ${name} uploaded and downloaded`,
      value: peak,
      unit: 'MiB',
      atMost: memoryLimit,
    },
  ];
}

async function moveInAndOut(
  service: Service,
  source: Awaited<ReturnType<typeof makeSource>>,
): Promise<void> {
  const { images } = await uploadImages(service, source, 1);
  await transferData({
    url: service.url,
    token: service.producer.token,
    paths: images.map((image) => `/v2/images/${image}/file`),
    size: source.size,
  });
  await deleteImages(service, images);
}
