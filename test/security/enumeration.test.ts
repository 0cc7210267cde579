import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { createActiveImage, dataType, patchType } from '../support/images.ts';
import { type Answer, type Headers, sharedService } from '../support/service.ts';

const service = await sharedService();
const hidden = await createActiveImage(service, 'data that is nobody else’s business');

/** Requests of each kind; enough for the medians to stand still. */
const rounds = Number(process.env['VITRINE_TIMINGS'] ?? 300);

/**
 * By how much the median times of the two answers may differ. A look-up that finds a row and one that finds
 * none differ by a few microseconds, of several hundred that a request takes.
 */
const tolerance = 0.25;

interface Call {
  readonly method: string;
  readonly path: (id: string) => string;
  readonly body?: unknown;
  readonly headers?: Headers;
}

const someone = randomUUID().replaceAll('-', '');
const calls: readonly Call[] = [
  { method: 'GET', path: (id) => `/v2/images/${id}` },
  { method: 'PATCH', path: (id) => `/v2/images/${id}`, body: [], headers: patchType },
  { method: 'DELETE', path: (id) => `/v2/images/${id}` },
  { method: 'GET', path: (id) => `/v2/images/${id}/file` },
  { method: 'PUT', path: (id) => `/v2/images/${id}/file`, body: 'x', headers: dataType },
  { method: 'GET', path: (id) => `/v2/images/${id}/members` },
  { method: 'POST', path: (id) => `/v2/images/${id}/members`, body: { member: someone } },
  { method: 'GET', path: (id) => `/v2/images/${id}/members/${someone}` },
  {
    method: 'PUT',
    path: (id) => `/v2/images/${id}/members/${someone}`,
    body: { status: 'accepted' },
  },
  { method: 'DELETE', path: (id) => `/v2/images/${id}/members/${someone}` },
  { method: 'PUT', path: (id) => `/v2/images/${id}/tags/x` },
  { method: 'DELETE', path: (id) => `/v2/images/${id}/tags/x` },
  { method: 'POST', path: (id) => `/v2/images/${id}/actions/deactivate` },
];

async function ask({ method, path, body, headers }: Call, id: string): Promise<[Answer, number]> {
  const begin = performance.now();
  const answer = await service.call('stranger', method, path(id), body, headers);
  return [answer, performance.now() - begin];
}

/** What is left of an answer once the id, which the stranger knows, and what each answer has anew is taken out. */
function shown({ status, headers, text }: Answer, id: string): unknown {
  const names = Object.keys(headers);
  return { status, names, length: headers['content-length'], text: text.replaceAll(id, '…') };
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}

describe('a stranger cannot tell an image of somebody else from none', () => {
  for (const call of calls) {
    const name = `${call.method} ${call.path('{id}').replace(someone, '{member}')}`;
    test(`${name}: same answer, same time (${rounds} of each)`, async (context) => {
      const times = { hidden: [] as number[], missing: [] as number[] };
      for (let round = 0; round < rounds; round += 1) {
        const missing = randomUUID();
        // Turn about, so that what slows the machine down slows both.
        const [first, took] = await ask(call, hidden.id);
        const [second, tookToo] = await ask(call, missing);
        times.hidden.push(took);
        times.missing.push(tookToo);

        assert.deepEqual(shown(first, hidden.id), shown(second, missing));
      }
      const [a, b] = [median(times.hidden), median(times.missing)];
      context.diagnostic(`median ${a.toFixed(3)} ms hidden, ${b.toFixed(3)} ms missing`);

      assert(Math.abs(a - b) / Math.max(a, b) < tolerance, `${a} ms against ${b} ms`);
    });
  }

  test('and has changed nothing by asking', async () => {
    const { json } = await service.call('producer', 'GET', `/v2/images/${hidden.id}`);

    assert.equal(json.status, 'active');
    assert.deepEqual(json.tags, []);
  });
});
