import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameCache } from './name-cache.ts';

/** A cache before names that the test knows, with a clock that it moves and answers that it may hold back. */
function startCache(options: { readonly cacheTime?: number; readonly size?: number } = {}) {
  const known = new Map<string, string>([
    ['p1', 'lab'],
    ['p2', 'shop'],
  ]);
  const asked: (readonly string[])[] = [];
  const held: (() => void)[] = [];
  let [time, holds, fails] = [0, false, false];

  async function answer(id: string): Promise<string | undefined> {
    if (holds) await new Promise<void>((resolve) => held.push(resolve));
    if (fails) throw new Error('Nobody can tell.');
    return known.get(id);
  }

  const cache = nameCache({
    ask(ids) {
      asked.push(ids);
      return ids.map(answer);
    },
    cacheTime: 600_000,
    patience: 30,
    now: () => time,
    ...options,
  });
  return {
    known,
    asked,
    namesOf: async (...ids: string[]) => Object.fromEntries(await cache.namesOf(ids)),
    pass(more: number) {
      time += more;
    },
    hold() {
      holds = true;
    },
    release() {
      holds = false;
      for (const go of held.splice(0)) go();
    },
    fail(does: boolean) {
      fails = does;
    },
  };
}

test('names are asked for once, all together, and told from memory until their time is over', async () => {
  const cache = startCache();

  const first = await cache.namesOf('p1', 'p2', 'p1');
  cache.known.set('p1', 'laboratory');
  cache.pass(599_999);
  const remembered = await cache.namesOf('p1');
  cache.pass(1);
  const later = await cache.namesOf('p1');

  assert.deepEqual(first, { p1: 'lab', p2: 'shop' });
  assert.deepEqual(remembered, { p1: 'lab' });
  assert.deepEqual(later, { p1: 'laboratory' });
  assert.deepEqual(cache.asked, [['p1', 'p2'], ['p1']]);
});

test('that an id has no name is remembered for half a minute', async () => {
  const cache = startCache();

  const missing = await cache.namesOf('new', 'p1');
  cache.known.set('new', 'newcomer');
  cache.pass(29_999);
  const still = await cache.namesOf('new');
  cache.pass(1);

  assert.deepEqual([missing, still], [{ p1: 'lab' }, {}]);
  assert.deepEqual(await cache.namesOf('new'), { new: 'newcomer' });
});

test('many who want the same name at the same time share one question', async () => {
  const cache = startCache();

  const all = await Promise.all(Array.from({ length: 50 }, () => cache.namesOf('p1', 'p2')));

  assert(all.every(({ p1, p2 }) => p1 === 'lab' && p2 === 'shop'));
  assert.deepEqual(cache.asked, [['p1', 'p2']]);
});

test('nobody waits for long: what comes in time is told, the rest the next time', async () => {
  const cache = startCache();
  await cache.namesOf('p1');
  cache.hold();

  // It ends, though nobody answers.
  const early = await cache.namesOf('p1', 'p2');
  cache.release();
  const later = await cache.namesOf('p1', 'p2');

  assert.deepEqual(early, { p1: 'lab' });
  assert.deepEqual(later, { p1: 'lab', p2: 'shop' });
  assert.equal(cache.asked.length, 2);
});

test('a failure is no answer: ids stand alone, and nobody is asked again for five seconds', async () => {
  const cache = startCache();
  cache.fail(true);

  const failed = await cache.namesOf('p1');
  cache.fail(false);
  cache.pass(4_999);
  const still = await cache.namesOf('p1');
  cache.pass(1);

  assert.deepEqual([failed, still], [{}, {}]);
  assert.deepEqual(await cache.namesOf('p1'), { p1: 'lab' });
});

test('what nobody has asked for lately makes room', async () => {
  const cache = startCache({ size: 2 });
  await cache.namesOf('p1');
  await cache.namesOf('p2');
  await cache.namesOf('p1');
  await cache.namesOf('p3');

  await cache.namesOf('p1');
  await cache.namesOf('p2');

  assert.deepEqual(cache.asked, [['p1'], ['p2'], ['p3'], ['p2']]);
});

test('without a time to remember each question is asked', async () => {
  const cache = startCache({ cacheTime: 0 });

  await cache.namesOf('p1', 'nobody');
  cache.known.set('p1', 'laboratory');

  assert.deepEqual(await cache.namesOf('p1', 'nobody'), { p1: 'laboratory' });
  assert.equal(cache.asked.length, 2);
});
