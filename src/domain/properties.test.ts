import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { propertiesFromJson, propertiesToJson } from './properties.ts';

const anyProperties = fc
  .array(fc.tuple(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor')), fc.string()))
  .map((entries) => new Map(entries));

test('properties read from their JSON are the map that was written, whatever is asked first', () => {
  fc.assert(
    fc.property(anyProperties, (map) => {
      const json = propertiesToJson(map);
      const kept = () => propertiesFromJson(json);

      assert.equal(propertiesToJson(kept()), json);
      assert.equal(kept().size, map.size);
      assert.deepEqual(new Map(kept()), map);
      assert.deepEqual(new Map(kept().entries()), map);
      assert.deepEqual(new Set(kept().keys()), new Set(map.keys()));
      assert.deepEqual([...kept().values()].toSorted(), [...map.values()].toSorted());
      for (const [name, value] of map) {
        assert.equal(kept().get(name), value);
        assert.equal(kept().has(name), true);
      }
      assert.equal(kept().has('not there'), map.has('not there'));
      const visited = new Map<string, string>();
      const read = kept();
      read.forEach((value, name, of) => {
        assert.equal(of, read);
        visited.set(name, value);
      });
      assert.deepEqual(visited, map);
    }),
  );
});
