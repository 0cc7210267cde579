import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseImagePatch } from './image-patch.ts';

type Path = readonly [path: unknown, what?: string];

function newStyle(op: unknown, path: unknown, ...value: readonly unknown[]) {
  const operation = { op, path, ...(value.length > 0 && { value: value[0] }) };
  return parseImagePatch([operation], 'v2.1');
}

function oldStyle(op: string, path: unknown, ...value: readonly unknown[]) {
  const operation = { [op]: path, ...(value.length > 0 && { value: value[0] }) };
  return parseImagePatch([operation], 'v2.0');
}

const dialects = { 'v2.1': newStyle, 'v2.0': oldStyle } as const;

test('an empty list asks for nothing', () => {
  assert.deepEqual(parseImagePatch([], 'v2.1'), []);
  assert.deepEqual(parseImagePatch([], 'v2.0'), []);
});

describe('what is not a list of operations is refused', () => {
  const bodies: readonly (readonly [string, unknown])[] = [
    ['an object', { op: 'add', path: '/name', value: 'x' }],
    ['a list of numbers', [5]],
    ['a list of null', [null]],
    ['a list of lists', [[]]],
    ['a list of text', ['/name']],
    ['an operation without anything', [{}]],
    ['a bad one after a good one', [{ op: 'remove', path: '/x', remove: '/x' }, 5]],
  ];
  for (const [name, body] of bodies) {
    test(name, () => {
      for (const dialect of ['v2.1', 'v2.0'] as const) {
        assert.throws(() => parseImagePatch(body as readonly unknown[], dialect), {
          code: 'InvalidRequest',
        });
      }
    });
  }
});

describe('an operation', () => {
  for (const op of ['test', 'move', 'copy', 'Add', '', undefined, null, 5, ['add']]) {
    test(`is not ${JSON.stringify(op)}`, () => {
      assert.throws(() => newStyle(op, '/name', 'x'), {
        code: 'InvalidRequest',
        message: /^Operation 0: op must be add, replace or remove/,
      });
    });
  }

  test('of the old style is named by exactly one key', () => {
    for (const operation of [
      { value: 'x' },
      { op: 'add', path: '/name', value: 'x' },
      { add: '/a', remove: '/b', value: 'x' },
      { add: '/a', replace: '/a', value: 'x' },
    ]) {
      assert.throws(() => parseImagePatch([operation], 'v2.0'), {
        code: 'InvalidRequest',
        message: /^Operation 0: exactly one of add, replace and remove/,
      });
    }
  });

  test('may carry other keys', () => {
    const [change] = parseImagePatch(
      [{ op: 'add', path: '/name', value: 'x', from: '/y', extra: 1 }],
      'v2.1',
    );

    assert.deepEqual(change, { kind: 'set', settings: { name: 'x' } });
  });

  for (const [dialect, operation] of Object.entries(dialects)) {
    test(`needs a value to add or replace, in ${dialect}`, () => {
      for (const op of ['add', 'replace']) {
        assert.throws(() => operation(op, '/x'), {
          code: 'InvalidRequest',
          message: 'Operation 0: value is missing.',
        });
      }
    });
  }

  test('is counted from 0 in refusals', () => {
    const good = { op: 'remove', path: '/x' };

    assert.throws(() => parseImagePatch([good, good, { op: 'add' }], 'v2.1'), {
      message: /^Operation 2: /,
    });
  });
});

describe('a path', () => {
  const malformed: readonly Path[] = [
    [undefined],
    [null],
    [5],
    [['/name']],
    [''],
    ['name'],
    [' /name', 'starts with a blank'],
    ['/'],
    ['//'],
    ['//name'],
    ['/name/'],
    ['/a//b'],
    ['/a/ /b', 'blanks count for nothing between slashes'],
    ['/ '],
    ['/a~'],
    ['/a~2b'],
    ['/~'],
  ];
  for (const [path, why = 'malformed'] of malformed) {
    test(`is not ${JSON.stringify(path)}: ${why}`, () => {
      for (const operation of Object.values(dialects)) {
        assert.throws(() => operation('add', path, 'x'), {
          code: 'InvalidRequest',
          message: /^Operation 0: .*path/,
        });
      }
    });
  }

  for (const path of ['/a/b', '/tags/-', '/tags/0', '/name/x', '/self/x']) {
    test(`names one property, unlike ${path}`, () => {
      for (const op of ['add', 'replace', 'remove']) {
        assert.throws(() => newStyle(op, path, 'x'), {
          code: 'InvalidRequest',
          message: /path must have 1 segment\./,
        });
      }
    });
  }

  const read: readonly (readonly [path: string, name: string])[] = [
    ['/a', 'a'],
    ['/a b', 'a b'],
    ['/ a ', 'a'],
    ['/a~1b', 'a/b'],
    ['/a~0b', 'a~b'],
    ['/~01', '~1'],
    ['/properties', 'properties'],
    ['/member', 'member'],
    ['/__proto__', '__proto__'],
    ['/ü', 'ü'],
  ];
  for (const [path, name] of read) {
    test(`${path} names the property ${name}`, () => {
      assert.deepEqual(newStyle('add', path, 'x'), [
        { kind: 'setProperty', name, value: 'x', before: 'any' },
      ]);
    });
  }

  test('of a location has an index, but for a replacement of all', () => {
    const document = { url: 'http://a/b', metadata: { k: 'v' } };
    const location = { ...document, validation: undefined };

    assert.deepEqual(newStyle('add', '/locations/-', document), [
      { kind: 'addLocation', at: '-', location },
    ]);
    assert.deepEqual(newStyle('remove', '/locations/3', undefined), [
      { kind: 'removeLocation', at: '3' },
    ]);
    assert.deepEqual(newStyle('replace', '/locations', [document]), [
      { kind: 'replaceLocations', locations: [location] },
    ]);
    for (const value of [[], 'x', { url: 'http://a/b' }, { ...document, url: 5 }]) {
      assert.throws(() => newStyle('add', '/locations/-', value), { code: 'InvalidRequest' });
    }
    for (const [op, path] of [
      ['add', '/locations'],
      ['remove', '/locations'],
      ['replace', '/locations/0'],
    ]) {
      assert.throws(() => newStyle(op, path, []), { code: 'InvalidRequest' });
    }
  });
});

describe('names that only the service sets', () => {
  const names = [
    ...['created_at', 'updated_at', 'status', 'checksum', 'size', 'virtual_size', 'direct_url'],
    ...['self', 'file', 'schema', 'id', 'os_hash_algo', 'os_hash_value', 'stores'],
    ...['location', 'deleted', 'deleted_at', 'os_glance_x'],
  ];
  for (const name of names) {
    test(`${name} is refused whatever is done with it`, () => {
      for (const operation of Object.values(dialects)) {
        for (const op of ['add', 'replace', 'remove']) {
          assert.throws(() => operation(op, `/${name}`, 'x'), {
            code: 'NotPermitted',
            message: new RegExp(`^${name}: `),
          });
        }
      }
    });
  }
});

describe('a base property', () => {
  const values: readonly (readonly [name: string, value: unknown, settings: object])[] = [
    ['name', 'x', { name: 'x' }],
    ['name', null, { name: null }],
    ['owner', 'x', { owner: 'x' }],
    ['owner', null, { owner: null }],
    ['owner', '', { owner: null }],
    ['visibility', 'private', { visibility: 'private' }],
    ['protected', true, { protected: true }],
    ['os_hidden', false, { osHidden: false }],
    ['disk_format', 'raw', { diskFormat: 'raw' }],
    ['container_format', null, { containerFormat: null }],
    ['min_disk', 5, { minDisk: 5 }],
    ['min_ram', 2147483647, { minRam: 2147483647 }],
    ['tags', ['b', 'a', 'b'], { tags: ['b', 'a'] }],
    ['tags', [], { tags: [] }],
  ];
  for (const [name, value, settings] of values) {
    test(`${name} is set to ${JSON.stringify(value)} by replace, and by add as clients do`, () => {
      const change = [{ kind: 'set', settings }];

      assert.deepEqual(newStyle('replace', `/${name}`, value), change);
      assert.deepEqual(newStyle('add', `/${name}`, value), change);
      assert.deepEqual(oldStyle('replace', `/${name}`, value), change);
    });
  }

  test('is always there, so that the old style has nothing to add', () => {
    const [change] = oldStyle('add', '/tags', ['t']);

    assert.deepEqual(change, {
      kind: 'refuse',
      code: 'PropertyConflict',
      message: 'Property tags already exists.',
    });
  });

  test('cannot be removed', () => {
    for (const operation of Object.values(dialects)) {
      for (const name of ['name', 'tags', 'visibility', 'owner']) {
        const [change] = operation('remove', `/${name}`);
        assert.equal(change?.kind === 'refuse' && change.code, 'NotPermitted');
      }
    }
  });

  const unfit: readonly (readonly [name: string, value: unknown])[] = [
    ['name', 5],
    ['name', 'x'.repeat(256)],
    ['disk_format', 'bad'],
    ['min_disk', '5'],
    ['min_disk', -5],
    ['min_disk', 2147483648],
    ['min_disk', true],
    ['tags', 'x'],
    ['tags', [5]],
    ['tags', ['x'.repeat(256)]],
    ['visibility', 'x'],
    ['protected', 'true'],
    ['owner', 5],
  ];
  for (const [name, value] of unfit) {
    test(`${name} is not ${JSON.stringify(value).slice(0, 20)}`, () => {
      for (const [operation, op] of [
        [newStyle, 'add'],
        [newStyle, 'replace'],
        [oldStyle, 'replace'],
      ] as const) {
        assert.throws(() => operation(op, `/${name}`, value), {
          code: 'InvalidRequest',
          message: new RegExp(`^${name}: `),
        });
      }
    });
  }
});

describe('a custom property', () => {
  test('is added over what is there in the new style, and only where nothing is in the old', () => {
    const change = { kind: 'setProperty', name: 'x', value: 'y' };

    assert.deepEqual(newStyle('add', '/x', 'y'), [{ ...change, before: 'any' }]);
    assert.deepEqual(oldStyle('add', '/x', 'y'), [{ ...change, before: 'absent' }]);
  });

  test('is replaced and removed alike in both styles', () => {
    const replaced = [{ kind: 'setProperty', name: 'x', value: '', before: 'present' }];
    const removed = [{ kind: 'removeProperty', name: 'x' }];

    for (const operation of Object.values(dialects)) {
      assert.deepEqual(operation('replace', '/x', ''), replaced);
      assert.deepEqual(operation('remove', '/x'), removed);
    }
  });

  for (const value of [5, null, true, ['x'], { x: 'y' }]) {
    test(`is text, not ${JSON.stringify(value)}`, () => {
      assert.throws(() => newStyle('add', '/foo', value), {
        code: 'InvalidRequest',
        message: /^foo: /,
      });
    });
  }

  test('has a name of at most 255 characters', () => {
    assert.equal(newStyle('add', `/${'x'.repeat(255)}`, 'y').length, 1);
    assert.throws(() => newStyle('add', `/${'x'.repeat(256)}`, 'y'), { code: 'InvalidRequest' });
  });
});
