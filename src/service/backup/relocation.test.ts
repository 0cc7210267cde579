import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filesystemStore } from '../../store/filesystem.ts';
import { hashers } from '../../store/hashing.ts';
import { type ConfiguredStore, storesOf } from '../../store/stores.ts';
import { relocation } from './relocation.ts';

const id = '7c1f6cbd-5a37-4b4c-8c4f-0d6a1f0f5a11';

function storeIn(directory: string): ConfiguredStore {
  const given = { id: directory, directory: `/${directory}`, minFreeBytes: 0 };
  const store = filesystemStore({ ...given, hashers: hashers({ pairs: 1 }) });
  return { store, type: 'file', description: '', weight: 0, properties: {} };
}

test('a place that does not say its store is in the one that no other place of the image names', () => {
  const [fast, far] = [storeIn('fast'), storeIn('far')];
  const places = new Map([
    ['fast', fast],
    ['far', far],
  ]);
  const url = `file:7c/${id}`;
  for (const order of [
    ['fast', 'far'],
    ['far', 'fast'],
  ]) {
    const list = new Map(order.map((store) => [`${store} ${id}`, { id, store }]));
    const relocate = relocation(storesOf([fast, far]), { list, places });
    const nameless = { store: null, url };

    for (const [named, rest] of [
      ['fast', 'far'],
      ['far', 'fast'],
    ] as const) {
      const other = { store: named, url };
      assert.equal(relocate(nameless, [nameless, other]).store, rest);
      assert.equal(relocate(other, [nameless, other]).store, named);
    }
    assert.equal(relocate(nameless, [nameless]).store, order[0]);
  }
});
