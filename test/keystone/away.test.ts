import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { emptyFolder } from '../support/service-process.ts';
import { babbler, secureLine, slowLine } from './between.ts';
import type { RealKeystone } from './real-keystone.ts';
import { givenKeystone, startVitrine, type Vitrine } from './vitrine.ts';

let keystone: RealKeystone;

before(async () => {
  keystone = await givenKeystone();
});

function portOf({ url }: RealKeystone): number {
  return Number(new URL(url).port);
}

/** An answer, with the milliseconds that it took. */
async function timed(status: Promise<number>): Promise<{ status: number; time: number }> {
  const begin = performance.now();
  return { status: await status, time: performance.now() - begin };
}

/** Lists images by `token` again and again, until told to stop; gives what came. */
function keepListing(vitrine: Vitrine, token: () => string) {
  const seen: { status: number; time: number }[] = [];
  let goesOn = true;
  async function listOn(): Promise<void> {
    while (goesOn) {
      seen.push(await timed(vitrine.list(token())));
      await pause(10);
    }
  }
  const done = Promise.all([listOn(), listOn()]);
  return {
    seen,
    /** Waits for an answer of `status` that comes from now on. */
    async until(status: number) {
      const before = seen.length;
      const end = performance.now() + 60_000;
      while (!seen.slice(before).some((one) => one.status === status)) {
        assert(performance.now() < end, `There was no ${status} within a minute.`);
        await pause(50);
      }
    },
    async stop() {
      goesOn = false;
      await done;
    },
  };
}

function statusesOf(seen: readonly { status: number }[]): Set<number> {
  return new Set(seen.map(({ status }) => status));
}

test('while Keystone stops and starts, no answer is wrong and none is late', async () => {
  const timeout = 10_000;
  const patience = { VITRINE_KEYSTONE_TIMEOUT: String(timeout / 1000) };
  await using vitrine = await startVitrine(keystone, patience);
  await using unremembering = await startVitrine(keystone, {
    ...patience,
    VITRINE_KEYSTONE_TOKEN_CACHE_TIME: '0',
  });
  const { token } = await keystone.logIn('producer');
  for (const one of [vitrine, unremembering]) assert.equal(await one.list(token), 200);
  const known = keepListing(vitrine, () => token);
  const valid = keepListing(unremembering, () => token);
  let invented = 0;
  const invalid = keepListing(vitrine, () => {
    invented += 1;
    return `gAAAAAinvented${invented}`;
  });

  await valid.until(200);
  await keystone.halt();
  await valid.until(503);
  await keystone.resume();
  await valid.until(200);
  await Promise.all([known, valid, invalid].map((one) => one.stop()));

  assert.deepEqual(statusesOf(known.seen), new Set([200]));
  assert.deepEqual(statusesOf(valid.seen), new Set([200, 503]));
  assert.deepEqual(statusesOf(invalid.seen), new Set([401, 503]));
  const latest = [known, valid, invalid].flatMap(({ seen }) => seen).map(({ time }) => time);
  assert(Math.max(...latest) < timeout + 2000);
});

test('a Keystone slower than the timeout is a 503 in time, and one within it an answer', async () => {
  await using line = await slowLine(portOf(keystone), 5000);
  const url = { VITRINE_KEYSTONE_AUTH_URL: `http://127.0.0.1:${line.port}/v3` };
  await using impatient = await startVitrine(keystone, { ...url, VITRINE_KEYSTONE_TIMEOUT: '1' });
  await using patient = await startVitrine(keystone, { ...url, VITRINE_KEYSTONE_TIMEOUT: '30' });
  const { token } = await keystone.logIn('producer');

  const [late, inTime] = await Promise.all(
    [impatient, patient].map((vitrine) => timed(vitrine.list(token))),
  );

  assert(late && inTime);
  assert.equal(late.status, 503);
  assert(late.time < 3000, `${late.time} ms`);
  assert.equal(inTime.status, 200);
  assert(inTime.time > 5000);
});

for (const [what, bytes] of [
  ['a page', 'HTTP/1.1 200 OK\r\nContent-Length: 13\r\nConnection: close\r\n\r\n<html></html>'],
  ['noise', '\u0000\u0001\u0002 noise \r\n\r\n'],
  ['nothing', ''],
] as const) {
  test(`${what} instead of Keystone is a 503`, async () => {
    await using between = await babbler(Buffer.from(bytes));
    await using vitrine = await startVitrine(keystone, {
      VITRINE_KEYSTONE_AUTH_URL: `http://127.0.0.1:${between.port}/v3`,
    });
    const { token } = await keystone.logIn('producer');

    assert.equal(await vitrine.list(token), 503);
  });
}

test('a certificate is trusted when the operator names its authority, and only then', async () => {
  await using folder = await emptyFolder();
  const [cert, key] = ['cert.pem', 'key.pem'].map((name) => join(folder.path, name));
  assert(cert && key);
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-days', '1', '-subj', '/CN=keystone', '-addext', 'subjectAltName=IP:127.0.0.1'],
    ...['-out', cert, '-keyout', key],
  ]);
  const pair = { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
  await using line = await secureLine(portOf(keystone), pair);
  const url = { VITRINE_KEYSTONE_AUTH_URL: `https://127.0.0.1:${line.port}/v3` };
  await using trusting = await startVitrine(keystone, { ...url, VITRINE_KEYSTONE_CAFILE: cert });
  await using wary = await startVitrine(keystone, url);
  const { token } = await keystone.logIn('producer');

  assert.equal(await trusting.list(token), 200);
  assert.equal(await wary.list(token), 503);
});
