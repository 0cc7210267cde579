// How fast imports bring data in beside uploads, and in how much memory: `npm run bench:import -- --size 10`.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { leavingNothing } from './child.ts';
import { makeSource, type Source } from './data.ts';
import { transferData } from './data-client.ts';
import { startBare } from './limits.ts';
import { memoryOf } from './process-usage.ts';
import { callApi, createImage } from './seed.ts';
import { type Service, signIn, startService } from './service.ts';

const gib = 1024 ** 3;
const mib = 1024 ** 2;

const { values } = parseArgs({
  options: {
    /** GiB of the image. */
    size: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '2' },
    folder: { type: 'string', default: tmpdir() },
  },
});

interface Setting {
  readonly service: Service;
  readonly source: Source;
  /** Where the source is to be downloaded. */
  readonly uri: string;
}

/** Ways to give an image its data; each ends once it is active. */
const ways = {
  upload: (setting: Setting, id: string) => send(setting, `/v2/images/${id}/file`),

  'web-download': async (setting: Setting, id: string) => {
    await importBy(setting, id, { name: 'web-download', uri: setting.uri });
  },

  'stage and glance-direct': async (setting: Setting, id: string) => {
    await send(setting, `/v2/images/${id}/stage`);
    await importBy(setting, id, { name: 'glance-direct' });
  },
} as const;

async function send({ service, source }: Setting, path: string): Promise<void> {
  const { token } = service.producer;
  const { size, path: file } = source;
  await transferData({ url: service.url, token, paths: [path], size, file });
}

async function importBy({ service }: Setting, id: string, method: object): Promise<void> {
  const path = `/v2/images/${id}/import`;
  await callApi(service, service.producer, { method: 'POST', path, body: { method } });
  for (;;) {
    const { status } = await show(service, id);
    if (status === 'active') return;
    if (status === 'queued') throw new Error(`Image ${id} could not be imported.`);
    await wait(20);
  }
}

interface Shown {
  readonly status: string;
  readonly os_hash_value: string;
}

async function show({ url, producer }: Service, id: string): Promise<Shown> {
  const headers = { 'x-auth-token': producer.token };
  return (await (await fetch(`${url}/v2/images/${id}`, { headers })).json()) as Shown;
}

/** MiB a second; the data is removed afterwards. */
async function rateOf(setting: Setting, way: keyof typeof ways): Promise<number> {
  const { service, source } = setting;
  const id = await createImage(service, 0);
  const begin = performance.now();
  await ways[way](setting, id);
  const seconds = (performance.now() - begin) / 1000;
  if ((await show(service, id)).os_hash_value !== source.sha512) throw new Error('Other data.');
  await callApi(service, service.producer, { method: 'DELETE', path: `/v2/images/${id}` });
  await wait(1000);
  return source.size / mib / seconds;
}

/** One way of a service of its own, so that its memory is that way's. */
async function measure(
  {
    source,
    folder,
    uri,
  }: { readonly source: Source; readonly folder: string; readonly uri: string },
  way: keyof typeof ways,
): Promise<{ readonly rate: number; readonly peak: number }> {
  const data = await mkdtemp(join(folder, 'service-'));
  const { child, url } = await startService('src/main.js', data);
  await using _ended = child;
  const rate = await rateOf({ service: await signIn(child, url, data), source, uri }, way);
  return { rate, peak: await memoryOf(child.pid, 'VmHWM') };
}

const folder = await mkdtemp(join(values.folder, 'vitrine-bench-'));
process.env['VITRINE_WEB_ALLOWED_HOSTS'] = '127.0.0.1';
process.env['VITRINE_WEB_ALLOWED_PORTS'] = '[]';
await leavingNothing(
  async () => {
    const source = await makeSource(folder, Number(values.size) * gib);
    await using host = await startBare(folder, { kind: 'file', ...source });
    const given = { source, folder, uri: `${host.url}/disk.raw` };
    const found = new Map<string, { rate: number; peak: number }[]>();
    for (let round = 0; round < Number(values.rounds); round += 1) {
      for (const way of Object.keys(ways) as (keyof typeof ways)[]) {
        const { rate, peak } = await measure(given, way);
        found.set(way, [...(found.get(way) ?? []), { rate, peak }]);
        console.log(
          `${way.padEnd(24)} ${rate.toFixed(0).padStart(5)} MiB/s, peak ${peak.toFixed(0)} MiB`,
        );
      }
    }
    const best = (way: string) => Math.max(...(found.get(way) ?? []).map(({ rate }) => rate));
    console.log(`\n${values.size} GiB, the best of ${values.rounds}:`);
    for (const [way, runs] of found) {
      const share = (best(way) / best('upload')).toFixed(2);
      const peak = Math.max(...runs.map((run) => run.peak)).toFixed(0);
      console.log(
        `${way.padEnd(24)} ${best(way).toFixed(0).padStart(5)} MiB/s, ${share} of an upload, peak ${peak} MiB`,
      );
    }
  },
  () => rm(folder, { recursive: true, force: true }),
);
