import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ImageFilter } from '../domain/image-query.ts';
import { parseImageQuery } from './image-query.ts';

const sizes = { default: 25, max: 1000 };

function parse(query: string) {
  return parseImageQuery(new URLSearchParams(query), sizes);
}

function filters(query: string): readonly ImageFilter[] {
  return parse(query).filters;
}

/** A parameter with a value that needs to be encoded. */
function one(name: string, value: string): string {
  return new URLSearchParams([[name, value]]).toString();
}

test('nothing asked for is the default list', () => {
  assert.deepEqual(parse(''), {
    scope: { visibility: undefined, memberStatus: 'accepted' },
    osHidden: false,
    filters: [],
    order: [
      { key: 'created_at', direction: 'desc' },
      { key: 'id', direction: 'desc' },
    ],
    limit: 25,
    marker: undefined,
  });
});

test('all conditions are kept', () => {
  const { filters: found, marker } = parse('name=a&os_distro=b&size_min=1&marker=x&tag=t');

  assert.equal(marker, 'x');
  assert.deepEqual(
    new Set(found.map(({ kind }) => kind)),
    new Set(['text', 'property', 'number', 'tag']),
  );
});

describe('a page size', () => {
  const limits: Readonly<Record<string, number>> = {
    'limit=0': 0,
    'limit=1': 1,
    'limit=1000': 1000,
    'limit=1001': 1000,
    'limit=99999999': 1000,
    'limit=%202': 2,
    'limit=%2B2': 2,
    'limit=007': 7,
    'limit=1&limit=3': 3,
  };
  for (const [query, limit] of Object.entries(limits)) {
    test(`?${query} is ${limit}`, () => {
      assert.equal(parse(query).limit, limit);
    });
  }

  for (const text of ['-1', 'x', '', '1.5', '1e3', '0x10', 'NaN', '99999999999999999999', '٣']) {
    test(`is not ${text || 'empty'}`, () => {
      assert.throws(() => parse(one('limit', text)), {
        code: 'InvalidRequest',
        message: /^limit: /,
      });
    });
  }
});

describe('what is seen', () => {
  for (const visibility of ['public', 'private', 'shared', 'community', 'all'] as const) {
    test(`may be narrowed to visibility ${visibility}`, () => {
      assert.equal(parse(`visibility=${visibility}`).scope.visibility, visibility);
    });
  }

  for (const status of ['pending', 'accepted', 'rejected', 'all'] as const) {
    test(`may be narrowed to member_status ${status}`, () => {
      assert.equal(parse(`member_status=${status}`).scope.memberStatus, status);
    });
  }

  for (const text of ['true', 'True', 'TRUE']) {
    test(`is what is hidden for os_hidden=${text}`, () => {
      assert.equal(parse(`os_hidden=${text}`).osHidden, true);
    });
  }

  test('is what is not hidden for os_hidden=False', () => {
    assert.equal(parse('os_hidden=False').osHidden, false);
  });

  for (const query of [
    ...['visibility=foo', 'visibility=', 'visibility=Public', 'member_status=foo'],
    ...['member_status=', 'os_hidden=x', 'os_hidden=', 'os_hidden=1'],
  ]) {
    test(`cannot be asked for by ${query}`, () => {
      const [name] = query.split('=');

      assert.throws(() => parse(query), {
        code: 'InvalidRequest',
        message: new RegExp(`^${name}: must be`),
      });
    });
  }
});

describe('text', () => {
  for (const column of ['name', 'id', 'status', 'container_format', 'disk_format'] as const) {
    test(`of ${column} is compared with one value or a list`, () => {
      const text = (values: readonly string[]) => [{ kind: 'text', column, values }];

      assert.deepEqual(filters(`${column}=a`), text(['a']));
      assert.deepEqual(filters(`${column}=`), text(['']));
      assert.deepEqual(filters(`${column}=eq:a:b`), text(['a:b']));
      assert.deepEqual(filters(`${column}=in:a,b`), text(['a', 'b']));
    });
  }

  for (const column of ['owner', 'checksum', 'os_hash_algo', 'os_hash_value'] as const) {
    test(`of ${column} is compared as it is, colons and all`, () => {
      assert.deepEqual(filters(`${column}=in:a,b`), [{ kind: 'text', column, values: ['in:a,b'] }]);
    });
  }

  const lists: readonly (readonly [text: string, values: readonly string[]])[] = [
    ['in:', ['']],
    ['in:a', ['a']],
    ['in:a,', ['a', '']],
    ['in:a, b ,c', ['a', 'b', 'c']],
    ['in:"a",b', ['a', 'b']],
    ['in:"a,b","c d"', ['a,b', 'c d']],
    ['in:"say \\"hi\\"",x', ['say "hi"', 'x']],
    ['in:"back\\\\slash"', ['back\\slash']],
    ['in:"",x', ['', 'x']],
    ['in:a:b', ['a:b']],
  ];
  for (const [text, values] of lists) {
    test(`${text} is a list of ${JSON.stringify(values)}`, () => {
      assert.deepEqual(filters(one('name', text)), [{ kind: 'text', column: 'name', values }]);
    });
  }

  for (const text of ['in:"a', 'in:a"', 'in:"a"b', 'in:a"b"', 'in:"a" "b"', 'in:"\\"']) {
    test(`${text} is badly quoted`, () => {
      assert.throws(() => parse(one('name', text)), {
        code: 'InvalidRequest',
        message: /^name: in: takes values/,
      });
    });
  }

  for (const text of ['foo:bar', 'neq:a', 'gt:a', ':a', 'IN:a', ' in:a', 'http://x/']) {
    test(`${text} has an unknown operator`, () => {
      assert.throws(() => parse(one('name', text)), {
        code: 'InvalidRequest',
        message: /^name: unknown operator/,
      });
    });
  }

  test('may be anything as a filter: what no image can have matches none', () => {
    assert.deepEqual(filters(one('name', 'a😀')), [
      { kind: 'text', column: 'name', values: ['a😀'] },
    ]);
    assert.deepEqual(filters('status=foo'), [{ kind: 'text', column: 'status', values: ['foo'] }]);
  });
});

describe('a number', () => {
  for (const column of ['size', 'virtual_size', 'min_disk', 'min_ram'] as const) {
    test(`of ${column} has a value, a minimum and a maximum`, () => {
      const number = { kind: 'number', column } as const;

      assert.deepEqual(filters(`${column}=5`), [{ ...number, comparison: 'eq', value: 5 }]);
      assert.deepEqual(filters(`${column}_min=5`), [{ ...number, comparison: 'gte', value: 5 }]);
      assert.deepEqual(filters(`${column}_max=-1`), [{ ...number, comparison: 'lte', value: -1 }]);
    });
  }

  test('that is none equals none', () => {
    assert.deepEqual(filters('min_disk=x'), [
      { kind: 'number', column: 'min_disk', comparison: 'eq', value: Number.NaN },
    ]);
  });

  for (const query of ['size_min=x', 'size_max=', 'min_ram_min=1.5', 'foo_min=5', 'name_max=5']) {
    test(`cannot be bound by ${query}`, () => {
      const [name] = query.split('=');

      assert.throws(() => parse(query), {
        code: 'InvalidRequest',
        message: new RegExp(`^${name}: `),
      });
    });
  }
});

describe('a time', () => {
  const times: readonly (readonly [text: string, comparison: string, iso: string])[] = [
    ['2026-01-02T03:04:05Z', 'eq', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02T03:04:05', 'eq', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02 03:04:05', 'eq', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02T03:04', 'eq', '2026-01-02T03:04:00.000Z'],
    ['2026-01-02', 'eq', '2026-01-02T00:00:00.000Z'],
    ['gt:2026-01-02', 'gt', '2026-01-02T00:00:00.000Z'],
    ['gte:2026-01-02T03:04:05+02:00', 'gte', '2026-01-02T01:04:05.000Z'],
    ['lt:2026-01-02T03:04:05-0030', 'lt', '2026-01-02T03:34:05.000Z'],
    ['lte:2026-01-02T03:04:05.678901', 'lte', '2026-01-02T03:04:05.678Z'],
    ['eq:2024-02-29T00:00:00Z', 'eq', '2024-02-29T00:00:00.000Z'],
    ['neq:2026-01-02T03:04:05Z', 'neq', '2026-01-02T03:04:05.000Z'],
  ];
  for (const column of ['created_at', 'updated_at'] as const) {
    for (const [text, comparison, iso] of times) {
      test(`${column}=${text} is ${comparison} ${iso}`, () => {
        assert.deepEqual(filters(one(column, text)), [
          { kind: 'time', column, comparison, value: new Date(iso) },
        ]);
      });
    }

    for (const text of [
      ...['x', '', 'gt:', 'foo:2020-01-01T00:00:00Z', 'in:2020-01-01', 'GT:2020-01-01'],
      ...['2020-13-01', '2020-01-32', '2020-01-01T25:00:00Z', '2020-01-01T00:00:00+25:00'],
      ...['2020', '01/01/2020', '2020-01-01T00:00:00ZZ', '1577836800', '2020-01-01T00:00:00 Z'],
    ]) {
      test(`${column} is not ${text || 'empty'}`, () => {
        assert.throws(() => parse(one(column, text)), {
          code: 'InvalidRequest',
          message: new RegExp(`^${column}: an ISO 8601 time is wanted`),
        });
      });
    }
  }

  test('that no calendar has is refused', () => {
    assert.throws(() => parse('created_at=2025-02-29'), { message: /^created_at: / });
    assert.throws(() => parse('created_at=2025-04-31T00:00:00Z'), { message: /^created_at: / });
  });
});

describe('the rest', () => {
  test('protected is exactly true or false', () => {
    assert.deepEqual(filters('protected=true'), [{ kind: 'protected', value: true }]);
    assert.deepEqual(filters('protected=false'), [{ kind: 'protected', value: false }]);
    for (const text of ['True', 'x', '', '1']) {
      assert.throws(() => parse(`protected=${text}`), {
        code: 'InvalidRequest',
        message: /^protected: must be true or false/,
      });
    }
  });

  test('several tags must all be there', () => {
    assert.deepEqual(filters('tag=a&tag=b&tag='), [
      { kind: 'tag', value: 'a' },
      { kind: 'tag', value: 'b' },
      { kind: 'tag', value: '' },
    ]);
  });

  test('of any other parameter that stands twice, the last one counts', () => {
    assert.deepEqual(filters('name=a&name=b'), [{ kind: 'text', column: 'name', values: ['b'] }]);
    assert.deepEqual(filters('k=a&k=b'), [{ kind: 'property', name: 'k', value: 'b' }]);
  });

  test('changes-since is gone', () => {
    assert.throws(() => parse('changes-since=2020-01-01'), {
      code: 'InvalidRequest',
      message: /^changes-since: /,
    });
  });

  test('any other name is a custom property', () => {
    for (const name of ['os_distro', 'is_public', '', '__proto__', 'Name']) {
      assert.deepEqual(filters(one(name, 'x:y')), [{ kind: 'property', name, value: 'x:y' }]);
    }
  });
});

test('a malformed list of thousands of blanks is refused in no time', () => {
  const query = one('name', `in:${' '.repeat(30_000)}"x`);
  const begin = performance.now();

  assert.throws(() => filters(query), { code: 'InvalidRequest' });

  assert.ok(performance.now() - begin < 1000);
});

test('as many filters as a query may have are kept, and one more is refused', () => {
  const query = 'tag=a&'.repeat(199);

  assert.equal(filters(`${query}name=a`).length, 200);
  assert.throws(() => filters(`${query}name=a&owner=b`), { code: 'InvalidRequest' });
});

test('as many values as a query may have are kept, and one more is refused', () => {
  const values = 'a,'.repeat(998);

  assert.equal(filters(`${one('name', `in:${values}a`)}&owner=b`).length, 2);
  assert.throws(() => filters(`${one('name', `in:${values}a,b`)}&owner=b`), {
    code: 'InvalidRequest',
  });
});
