import type { Endpoint, Session } from './service.ts';

/** What lies in the service when the metadata calls are measured. */
export interface Seed {
  /** The ids of the producer's shared images, oldest first. */
  readonly images: readonly string[];
  /** The image whose members are listed; nobody else is ever added to it. */
  readonly listed: string;
}

/** How many members of one image the load may add: below the service's quota of 128, less what seeding added. */
export const addsPerImage = 120;

const imageCount = 1000;
const membersOfListed = 10;

/** Fills the service through its API: 1,000 images, one of them with 10 members, all offered to the consumer. */
export async function seed(service: Endpoint): Promise<Seed> {
  const images = await inParallel(imageCount, (n) => createImage(service, n));
  const [listed] = images;
  if (listed === undefined) throw new Error('No image was made.');
  await inParallel(imageCount, (n) =>
    addMember(service, images[n] ?? listed, service.consumer.projectId),
  );
  for (let n = 1; n < membersOfListed; n += 1) {
    await addMember(service, listed, `listed-${n}`);
  }
  return { images, listed };
}

/** Calls the API and gives the JSON of the answer. @throws Error for any answer that is not 2xx. */
export async function callApi(
  service: Endpoint,
  session: Session,
  call: { readonly method: string; readonly path: string; readonly body?: unknown },
): Promise<unknown> {
  const response = await fetch(service.url + call.path, {
    method: call.method,
    headers: { 'x-auth-token': session.token, 'content-type': 'application/json' },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${call.method} ${call.path}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** Makes a queued image and gives its id. */
export async function createImage(service: Endpoint, n: number): Promise<string> {
  const image = await callApi(service, service.producer, {
    method: 'POST',
    path: '/v2/images',
    body: {
      name: `server-image-${n}`,
      disk_format: 'raw',
      container_format: 'bare',
      min_disk: 10,
      min_ram: 512,
      tags: ['bench', `build-${n}`],
      os_distro: 'debian',
      os_version: '12',
      hw_disk_bus: 'virtio',
    },
  });
  return (image as { id: string }).id;
}

async function addMember(service: Endpoint, image: string, member: string): Promise<void> {
  await callApi(service, service.producer, {
    method: 'POST',
    path: `/v2/images/${image}/members`,
    body: { member },
  });
}

async function inParallel<T>(count: number, task: (n: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const n = next;
      next += 1;
      results[n] = await task(n);
    }
  };
  await Promise.all(Array.from({ length: 16 }, lane));
  return results;
}
