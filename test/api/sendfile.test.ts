import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { createActiveImage } from '../support/images.ts';
import { sharedService } from '../support/service.ts';
import { seededBytes } from '../support/slow-data.ts';

const plain = await sharedService({ config: { sendfile: false } });
const usual = await sharedService();
const data = seededBytes('sendfile', 3_000_001);

/** Whether what calls the system is part of this process, which it is from the first use on. */
async function isLoaded(): Promise<boolean> {
  return (await readFile('/proc/self/maps', 'utf8')).includes('koffi');
}

async function download(service: typeof plain, headers: Record<string, string> = {}) {
  const { id } = await createActiveImage(service, data);
  const answer = await fetch(`${service.url}/v2/images/${id}/file`, {
    headers: { 'x-auth-token': service.tokens.producer, ...headers },
  });
  return { status: answer.status, body: Buffer.from(await answer.arrayBuffer()) };
}

test('sends the same with sendfile and without, and loads nothing for it when it is off', {
  skip: process.platform !== 'linux' && 'There is no sendfile here.',
}, async () => {
  const all = await download(plain);
  const part = await download(plain, { range: 'bytes=5-2000004' });
  const loadedByPlain = await isLoaded();
  const allUsual = await download(usual);
  const partUsual = await download(usual, { range: 'bytes=5-2000004' });

  assert(!loadedByPlain);
  assert(await isLoaded());
  for (const { status, body } of [all, allUsual]) {
    assert.equal(status, 200);
    assert(body.equals(data));
  }
  for (const { status, body } of [part, partUsual]) {
    assert.equal(status, 206);
    assert(body.equals(data.subarray(5, 2_000_005)));
  }
});
