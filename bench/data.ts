import { createHash, randomFillSync } from 'node:crypto';
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { transferData } from './data-client.ts';
import { startNginx, uploadByTools } from './data-limits.ts';
import { type Figure, type Limit, median } from './figures.ts';
import { startBare } from './limits.ts';
import type { Options } from './options.ts';
import { callApi, createImage } from './seed.ts';
import type { Service } from './service.ts';

export interface DataSetting {
  readonly service: Service;
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
  service: Service,
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

async function assertStored(service: Service, image: string, source: Source): Promise<void> {
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
export async function deleteImages(service: Service, images: readonly string[]): Promise<void> {
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
    for (const streams of streamCounts) figures.push(await measureUpload(setting, source, streams));
  }
  if (options.only.has('download')) figures.push(...(await measureDownloads(setting, source)));
  return figures;
}

async function measureUpload(
  setting: DataSetting,
  source: Source,
  streams: number,
): Promise<Figure> {
  const own: number[] = [];
  const tools: number[] = [];
  const repeats = streams === 1 ? 3 : 1;
  for (let n = 0; n < repeats; n += 1) {
    setting.progress(`upload, ${streams} stream(s), ${n + 1} of ${repeats}`);
    const uploaded = await uploadImages(setting.service, source, streams);
    own.push(uploaded.seconds);
    await deleteImages(setting.service, uploaded.images);
    tools.push(await uploadByTools(setting.folder, source.path, streams));
  }
  const rate = (seconds: number) => (streams * source.size) / mebibyte / seconds;
  return {
    name: 'upload',
    connections: streams,
    unit: 'MiB/s',
    value: rate(median(own)),
    limits: [{ name: 'cat | tee, openssl md5 + sha512, sync', value: rate(median(tools)) }],
  };
}

async function measureDownloads(setting: DataSetting, source: Source): Promise<Figure[]> {
  const { service, folder } = setting;
  await using nginx = await startNginx(folder, source.path);
  await using bare = await startBare(folder, {
    kind: 'file',
    path: source.path,
    size: source.size,
  });
  const { images } = await uploadImages(service, source, 1);
  const { token } = service.producer;
  const figures: Figure[] = [];
  for (const streams of streamCounts) {
    const seconds = { own: [] as number[], nginx: [] as number[], bare: [] as number[] };
    const fetchAll = (url: string, path: string) =>
      transferData({ url, token, paths: Array(streams).fill(path), size: source.size });
    for (let n = 0; n < 3; n += 1) {
      setting.progress(`download, ${streams} stream(s), ${n + 1} of 3`);
      seconds.own.push(await fetchAll(service.url, `/v2/images/${images[0]}/file`));
      if (nginx) seconds.nginx.push(await fetchAll(nginx.url, `/${basename(source.path)}`));
      seconds.bare.push(await fetchAll(bare.url, '/'));
    }
    const rate = (of: readonly number[]) => (streams * source.size) / mebibyte / median(of);
    const limits: Limit[] = [
      { name: 'nginx, sendfile', value: nginx ? rate(seconds.nginx) : undefined },
      { name: 'bare node:http stream', value: rate(seconds.bare) },
    ];
    figures.push({
      name: 'download',
      connections: streams,
      unit: 'MiB/s',
      value: rate(seconds.own),
      limits,
    });
  }
  await deleteImages(service, images);
  return figures;
}
