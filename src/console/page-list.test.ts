import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type LoadPage, pageList } from './page-list.ts';

/** Numbers from 0 on, ten a page; a marker is the last number of the page before. */
function numbers(count: number, calls: (string | undefined)[] = []): LoadPage<number> {
  return async (marker) => {
    calls.push(marker);
    const first = marker === undefined ? 0 : Number(marker) + 1;
    const end = Math.min(count, first + 10);
    const rows = Array.from({ length: end - first }, (_, index) => first + index);
    return { rows, next: end < count ? String(end - 1) : undefined };
  };
}

async function settled(list: { state(): { isLoading: boolean } }): Promise<void> {
  do await turn();
  while (list.state().isLoading);
}

describe('a list of pages', () => {
  test('reads no further than is looked at, and what lies ahead of it', async () => {
    const calls: (string | undefined)[] = [];
    const list = pageList(numbers(1000, calls), { ahead: 5 });

    list.want(0, 8);
    await settled(list);

    assert.deepEqual(calls, [undefined, '9']);
    assert.equal(list.state().count, 20);
    assert.equal(list.state().isWhole, false);
    assert.equal(list.row(19), 19);
    assert.equal(list.row(20), undefined);
  });

  test('lets go of rows far away, and reads them again by their marker', async () => {
    const calls: (string | undefined)[] = [];
    const list = pageList(numbers(1000, calls), { ahead: 5, kept: 3 });
    for (let row = 0; row < 1000; row += 10) {
      list.want(row, row + 9);
      await settled(list);
    }
    assert.equal(list.state().count, 1000);
    assert.equal(list.state().isWhole, true);
    assert.equal(list.row(500), undefined);
    const before = calls.length;

    list.want(500, 509);
    await settled(list);

    assert.deepEqual(calls.slice(before), ['499']);
    assert.equal(list.row(505), 505);
    const here = Array.from({ length: 1000 }, (_, row) => list.row(row));
    assert(here.filter((row) => row !== undefined).length <= 30);
  });

  test('goes on until something fits, when pages have no row that does', async () => {
    const load = numbers(200);
    const list = pageList(
      async (marker) => {
        const page = await load(marker);
        return { ...page, rows: page.rows.filter((row) => row === 155) };
      },
      { ahead: 5 },
    );

    list.want(0, 8);
    await settled(list);

    assert.deepEqual([list.state().count, list.row(0), list.state().isWhole], [1, 155, true]);
  });

  test('stops at a problem, says it, and goes on when told to', async () => {
    let isDown = true;
    const load = numbers(30);
    const list = pageList(async (marker) => {
      if (isDown) throw new Error('down');
      return load(marker);
    });

    list.want(0, 8);
    await settled(list);
    assert.match(String(list.state().problem), /down/);
    list.want(0, 9);
    await settled(list);
    isDown = false;
    list.retry();
    await settled(list);

    assert.equal(list.state().problem, undefined);
    assert.equal(list.state().count, 30);
  });

  test('takes rows out, and tells who listens', async () => {
    const list = pageList(numbers(15));
    let changes = 0;
    const stop = list.subscribe(() => {
      changes += 1;
    });
    list.want(0, 8);
    await settled(list);
    changes = 0;

    list.drop((row) => row < 2);
    stop();
    list.drop((row) => row === 2);

    assert.equal(changes, 1);
    assert.deepEqual([list.state().count, list.row(0)], [12, 3]);
  });
});
