import { createHash, randomFillSync } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { transferData } from './data-client.ts';
import { startNginx, uploadByTools } from './data-limits.ts';
import { type Figure, type Limit, median } from './figures.ts';
import { startBare } from './limits.ts';
import type { Options } from './options.ts';
import type { Peer } from './peer.ts';
import { callApi, createImage } from './seed.ts';
import { type Endpoint, type Service, signIn, startService } from './service.ts';

export interface DataSetting {
  readonly service: Service;
  /** Another service to do the same, right after. */
  readonly peer: Peer | undefined;
  readonly folder: string;
  readonly options: Options;
  readonly progress: (text: string) => void;
}

/** A file of random bytes and what the service must say of it. */
export interface Source {
  readonly path: string;
  readonly size: number;
  readonly sha512: string;
}

const mebibyte = 1024 * 1024;
const streamCounts = [1, 4] as const;

/** Writes the file that is uploaded; it stays in the page cache. */
export async function makeSource(folder: string, size: number): Promise<Source> {
  const path = join(folder, `source-${size}`);
  const hash = createHash('sha512');
  const chunk = Buffer.allocUnsafe(mebibyte);
  await using file = await open(path, 'wx');
  for (let written = 0; written < size; written += chunk.length) {
    const part = randomFillSync(chunk).subarray(0, Math.min(chunk.length, size - written));
    hash.update(part);
    await file.write(part);
  }
  await file.sync();
  return { path, size, sha512: hash.digest('hex') };
}

/** Makes images and uploads the source to each at once; gives their ids and the seconds. */
export async function uploadImages(
  service: Endpoint,
  source: Source,
  streams: number,
): Promise<{ readonly images: readonly string[]; readonly seconds: number }> {
  const images: string[] = [];
  for (let n = 0; n < streams; n += 1) images.push(await createImage(service, n));
  const seconds = await transferData({
    url: service.url,
    token: service.producer.token,
    paths: images.map((image) => `/v2/images/${image}/file`),
    size: source.size,
    file: source.path,
  });
  for (const image of images) await assertStored(service, image, source);
  return { images, seconds };
}

async function assertStored(service: Endpoint, image: string, source: Source): Promise<void> {
  const stored = (await callApi(service, service.producer, {
    method: 'GET',
    path: `/v2/images/${image}`,
  })) as { status: string; size: number; os_hash_value: string };
  if (
    stored.status !== 'active' ||
    stored.size !== source.size ||
    stored.os_hash_value !== source.sha512
  ) {
    throw new Error(`The upload was not stored as it was sent: ${JSON.stringify(stored)}`);
  }
}

/** Deletes images, so that the disk does not fill up over a run. */
export async function deleteImages(service: Endpoint, images: readonly string[]): Promise<void> {
  for (const image of images) {
    await callApi(service, service.producer, { method: 'DELETE', path: `/v2/images/${image}` });
  }
}

/** Measures uploads and downloads at 1 and 4 streams, each time right before its limits. */
export async function measureData(setting: DataSetting): Promise<Figure[]> {
  const { options, progress } = setting;
  progress(`writing ${options.dataSize / mebibyte} MiB of random data`);
  const source = await makeSource(setting.folder, options.dataSize);
  const figures: Figure[] = [];
  if (options.only.has('upload')) {
    for (const streams of streamCounts) {
      const place = {
        name: 'upload',
        folder: setting.folder,
        peerAtLeast: streams === 1 ? 1.1 : undefined,
      };
      figures.push(await measureUpload(setting, source, streams, place));
    }
  }
  if (options.only.has('download')) figures.push(...(await measureDownloads(setting, source)));
  return figures;
}

/** Measures uploads to a service all of whose files are in memory, so that no disk is in the way. */
export async function measureInMemory(
  options: Options,
  { peer, progress }: Pick<DataSetting, 'peer' | 'progress'>,
): Promise<Figure[]> {
  const folder = await mkdtemp(join(options.memoryFolder, 'vitrine-bench-'));
  try {
    const data = await mkdtemp(join(folder, 'service-'));
    const { child, url } = await startService(options.server, data);
    await using _ended = child;
    const service = await signIn(child, url, data);
    const source = await makeSource(folder, options.dataSize);
    const setting = { service, peer, folder, options, progress };
    const figures: Figure[] = [];
    for (const streams of streamCounts) {
      const place = { name: 'upload, tmpfs', folder, peerAtLeast: streams === 1 ? 1.5 : 1.1 };
      figures.push(await measureUpload(setting, source, streams, place));
    }
    return figures;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Where uploads go, and what is wanted of them. */
interface UploadPlace {
  readonly name: string;
  /** Where the tools write. */
  readonly folder: string;
  readonly peerAtLeast: number | undefined;
}

async function measureUpload(
  { service, peer, progress }: DataSetting,
  source: Source,
  streams: number,
  { name, folder, peerAtLeast }: UploadPlace,
): Promise<Figure> {
  const own: number[] = [];
  const tools: number[] = [];
  const others: number[] = [];
  const upload = async (to: Endpoint) => {
    const { images, seconds } = await uploadImages(to, source, streams);
    await deleteImages(to, images);
    return seconds;
  };
  const repeats = 3;
  for (let n = 0; n < repeats; n += 1) {
    progress(`${name}, ${streams} stream(s), ${n + 1} of ${repeats}`);
    own.push(await upload(service));
    tools.push(await uploadByTools(folder, source.path, streams));
    if (peer) others.push(await upload(peer));
  }
  const rate = (seconds: number) => (streams * source.size) / mebibyte / seconds;
  const toolsAtLeast = streams === 1 ? 0.9 : undefined;
  return {
    name,
    connections: streams,
    unit: 'MiB/s',
    value: rate(median(own)),
    limits: [
      {
        name: 'cat | tee, openssl md5 + sha512, sync',
        value: rate(median(tools)),
        atLeast: toolsAtLeast,
      },
      ...(peer ? [{ name: peer.name, value: rate(median(others)), atLeast: peerAtLeast }] : []),
    ],
  };
}

/** A place that the same bytes are downloaded from. */
interface Origin {
  readonly name: string;
  readonly atLeast?: number;
  /** Seconds that so many downloads at once take. */
  readonly download: (streams: number) => Promise<number>;
}

/** A service that compares nothing of what it sends with what was uploaded. */
async function startUnverified({ folder, options }: DataSetting) {
  const data = await mkdtemp(join(folder, 'unverified-'));
  const settings = { VITRINE_VERIFY_READS: 'false' };
  const { child, url } = await startService(options.server, data, undefined, settings);
  return { child, service: await signIn(child, url, data) };
}

async function measureDownloads(setting: DataSetting, source: Source): Promise<Figure[]> {
  const { service, peer, folder } = setting;
  const unverified = await startUnverified(setting);
  await using _ended = unverified.child;
  await using nginx = await startNginx(folder, source.path);
  await using bare = await startBare(folder, {
    kind: 'file',
    path: source.path,
    size: source.size,
  });
  await using own = await uploaded(service, source);
  await using plain = await uploaded(unverified.service, source);
  await using others = peer && (await uploaded(peer, source));
  const { size } = source;
  const from = (url: string, path: string, { token } = service.producer) => {
    return (streams: number) =>
      transferData({ url, token, paths: Array(streams).fill(path), size });
  };
  const limits = (peerAtLeast: number): Origin[] => [
    ...(nginx
      ? [{ name: nginxName, download: from(nginx.url, `/${basename(source.path)}`), atLeast: 0.8 }]
      : []),
    { name: 'bare node:http stream', download: from(bare.url, '/') },
    ...(peer && others
      ? [
          {
            name: peer.name,
            download: from(peer.url, others.path, peer.producer),
            atLeast: peerAtLeast,
          },
        ]
      : []),
  ];
  const verified: Origin = { name: 'download', download: from(service.url, own.path) };
  const { url, producer } = unverified.service;
  const raw = { name: 'download, not verified', download: from(url, plain.path, producer) };
  const figures: Figure[] = [];
  for (const streams of streamCounts) {
    figures.push(
      await compareDownloads(setting, [verified, ...limits(1)], size, streams),
      await compareDownloads(setting, [raw, ...limits(1.5)], size, streams),
    );
  }
  return figures;
}

const nginxName = 'nginx, sendfile';

/** The rate of the first origin, beside those of the others. */
async function compareDownloads(
  setting: DataSetting,
  origins: readonly Origin[],
  size: number,
  streams: number,
): Promise<Figure> {
  const seconds = origins.map((): number[] => []);
  for (let n = 0; n < 3; n += 1) {
    setting.progress(`${origins[0]?.name}, ${streams} stream(s), ${n + 1} of 3`);
    for (const [index, origin] of origins.entries()) {
      seconds[index]?.push(await origin.download(streams));
    }
  }
  const rates = seconds.map((of) => (streams * size) / mebibyte / median(of));
  const [subject, ...limits] = origins.map(({ name, atLeast }, index): Limit => {
    return { name, value: rates[index], atLeast };
  });
  const hasNginx = limits.some(({ name }) => name === nginxName);
  return {
    name: subject?.name ?? '',
    connections: streams,
    unit: 'MiB/s',
    value: subject?.value ?? Number.NaN,
    limits: hasNginx ? limits : [{ name: nginxName, value: undefined }, ...limits],
  };
}

/** An image with the source's bytes, deleted at the end. */
async function uploaded(
  to: Endpoint,
  source: Source,
): Promise<AsyncDisposable & { readonly path: string }> {
  const { images } = await uploadImages(to, source, 1);
  return {
    path: `/v2/images/${images[0]}/file`,
    [Symbol.asyncDispose]: () => deleteImages(to, images),
  };
}
