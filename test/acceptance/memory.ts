/** Says how much memory the service takes, idle and while it is sent and sends one large image; not one of the quick tests. */
import assert from 'node:assert/strict';
import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { beginCall, beginUpload, createImage, replyTo, showImage } from '../support/image-calls.ts';
import { type RunningService, runService } from '../support/running-service.ts';
import { seededBytes } from '../support/slow-data.ts';

const mib = 1024 * 1024;
const size = 2048 * mib;
/** Bytes that the service may have in memory at any time, whatever the size of the image. */
const largestPeak = 200 * mib;
/** Bytes that it may have in memory while it has nothing to do; it takes some 80 MiB. */
const largestIdle = 90 * mib;

/** How long after its start the service has given back what only the start needed, ms. */
const settlingTime = 2000;

/** Memory of the process in bytes: now (`VmRSS`), or the most that it ever had (`VmHWM`). */
async function memoryOf({ pid }: RunningService, key: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
}

async function upload(service: RunningService, id: string, hash: Hash): Promise<void> {
  const call = await beginUpload(service, id, { 'content-length': String(size) });
  const piece = seededBytes('memory', mib);
  for (let sent = 0; sent < size; sent += mib) {
    // Each piece differs from the last, so that no part of the data can stand in for another.
    piece.writeUInt32BE(sent / mib);
    hash.update(piece);
    const copy = Buffer.from(piece);
    if (!call.write(copy)) await once(call, 'drain');
  }
  call.end();
  assert.equal((await replyTo(call)).status, 204);
}

async function download(service: RunningService, id: string, hash: Hash): Promise<void> {
  const call = await beginCall(service, { path: `/v2/images/${id}/file` });
  call.end();
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  for await (const chunk of response) hash.update(chunk);
}

interface Figures {
  readonly what: string;
  /** ms */
  readonly time: number;
  /** Bytes. */
  readonly peak: number;
}

async function measured(
  service: RunningService,
  what: string,
  work: () => Promise<void>,
): Promise<Figures> {
  const begin = performance.now();
  await work();
  return { what, time: performance.now() - begin, peak: await memoryOf(service, 'VmHWM') };
}

await using service = await runService({ environment: { VITRINE_LOG_LEVEL: 'info' } });
await wait(settlingTime);
const idle = await memoryOf(service, 'VmRSS');
console.log(`idle     ${Math.round(idle / mib)} MiB`);
const id = await createImage(service);
const [sent, received] = [createHash('sha512'), createHash('sha512')];
const all = [
  await measured(service, 'before', async () => undefined),
  await measured(service, 'upload', () => upload(service, id, sent)),
  await measured(service, 'download', () => download(service, id, received)),
];

for (const { what, time, peak } of all) {
  console.log(`${what.padEnd(8)} ${Math.round(time)} ms, peak ${Math.round(peak / mib)} MiB`);
}
const sha512 = sent.digest('hex');
assert.equal(received.digest('hex'), sha512);
assert.equal((await showImage(service, id)).os_hash_value, sha512);
assert(idle < largestIdle, `the idle service took ${idle} bytes`);
for (const { what, peak } of all) assert(peak < largestPeak, `${what} took ${peak} bytes`);
