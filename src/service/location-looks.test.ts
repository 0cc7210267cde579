import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpSource } from '../store/http-reader.ts';
import { httpStore } from '../store/http-store.ts';
import { storesOf } from '../store/stores.ts';
import { locationLooks } from './location-looks.ts';

test('a host that takes its time is given up, and not asked again', async () => {
  let asked = 0;
  const silent = (_url: string, ...rest: unknown[]) => {
    asked += 1;
    const signal = rest.at(-1) as AbortSignal;
    return new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  };
  const source: HttpSource = { head: silent, open: silent };
  const store = httpStore({ id: 'web', source });
  const rest = { description: '', weight: 0, properties: {} };
  const look = locationLooks({
    stores: storesOf([{ store, type: 'http', ...rest }]),
    checkUrl: async () => {},
    sourceFor: () => source,
    patience: 20,
  });

  const alive = setTimeout(() => {}, 5000);
  await assert.rejects(look('http://tarpit.example/', 'url'), {
    code: 'InvalidRequest',
    message: 'url: the data cannot be read, or its size is not told.',
  });
  clearTimeout(alive);
  assert.equal(asked, 1);
});
