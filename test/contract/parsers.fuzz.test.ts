import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { requestedRange } from '../../src/api/byte-range.ts';
import { parseImageDraft } from '../../src/api/image-draft.ts';
import { parseImagePatch } from '../../src/api/image-patch.ts';
import { parseImageQuery } from '../../src/api/image-query.ts';
import { parseJsonBody, parseJsonObject } from '../../src/api/json-body.ts';
import { parseNewMember } from '../../src/api/member-document.ts';
import { DomainError } from '../../src/domain/errors.ts';
import { errorBody } from '../../src/http/error-body.ts';
import { requestId } from '../../src/http/request-id.ts';
import { pathsOf } from '../../src/http/version-routing.ts';

const inputs = Number(process.env['VITRINE_FUZZ_INPUTS'] ?? 2000);

/** No input may keep the service from others for longer; ms of the thread's own time. */
const slowest = 50;

/**
 * Text near what a parser takes: its own words in any order, and anything at all between them; now and
 * then long enough to show a cost that grows faster than the input.
 */
function textOf(...words: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...words) },
    { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
    { weight: 1, arbitrary: fc.integer().map(String) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(...words), fc.nat(2000))
        .map(([word, times]) => word.repeat(times)),
    },
  );
  return fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
}

/** Refuses in its own words or answers, and soon; any other error would be a 500. */
function isSafe(parse: () => unknown): void {
  const start = process.threadCpuUsage();
  try {
    parse();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    assert.ok(error.message.length < 2000, 'An error text must not grow with the input.');
  }
  const { user, system } = process.threadCpuUsage(start);
  assert.ok((user + system) / 1000 < slowest, `It took ${(user + system) / 1000} ms.`);
}

function fuzz<T>(name: string, arbitrary: fc.Arbitrary<T>, parse: (input: T) => unknown): void {
  test(`${name}: refuses or answers ${inputs} inputs, each at once`, () => {
    fc.assert(
      fc.property(arbitrary, (input) => isSafe(() => parse(input))),
      { numRuns: inputs },
    );
  });
}

const sizes = { default: 25, max: 1000 };
const names = [
  'name',
  'tags',
  'status',
  'visibility',
  'min_disk',
  'locations',
  'os_glance_x',
  'own',
];
const pointer = textOf('/', '~0', '~1', '~', ' ', '-', '\0', ...names);
const value = fc.oneof(fc.jsonValue(), fc.constantFrom('public', 'raw', null, 5, ['a', 'a'], ''));
const operation = fc.oneof(
  fc.constantFrom('add', 'replace', 'remove', 'test', 'move'),
  fc.jsonValue(),
);
const parameters = textOf(
  ...['&', '=', '%', '%FF', '%00', '+', ':', ',', '"', '\\"', 'in:', 'eq:', 'gt:', 'neq:', 'asc'],
  ...[
    'sort=',
    'sort_key=',
    'sort_dir=',
    'limit=',
    'marker=',
    'visibility=',
    'member_status=',
    'tag=',
  ],
  ...[
    'created_at=',
    '2026-11-24T00:00:00Z',
    'size_min=',
    'foo_max=',
    'protected=',
    'os_hidden=',
    'name=',
  ],
);
const header = textOf(
  'text/html',
  'application/json',
  '*/*',
  'q=',
  ';',
  ',',
  '0.5',
  ' ',
  'images-v2.3',
);

function requestWith(url: string, headers: IncomingMessage['headers']): IncomingMessage {
  return { url, headers } as IncomingMessage;
}

describe('parsers under anything that may come', () => {
  fuzz(
    'PATCH 2.1',
    fc.array(
      fc.record(
        { op: operation, path: fc.oneof(pointer, fc.jsonValue()), value },
        { requiredKeys: [] },
      ),
    ),
    (body) => parseImagePatch(body, 'v2.1'),
  );
  fuzz(
    'PATCH 2.0',
    fc.array(
      fc.record({ add: pointer, replace: pointer, remove: pointer, value }, { requiredKeys: [] }),
    ),
    (body) => parseImagePatch(body, 'v2.0'),
  );
  fuzz('PATCH of any JSON', fc.jsonValue(), (body) =>
    parseImagePatch(body as readonly unknown[], 'v2.1'),
  );
  fuzz(
    'create',
    fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), value),
    parseImageDraft,
  );
  fuzz(
    'a new member',
    fc.dictionary(fc.constantFrom('member', 'x'), fc.jsonValue()),
    parseNewMember,
  );
  fuzz('JSON bytes', fc.uint8Array({ maxLength: 200 }), parseJsonBody);
  fuzz('JSON text', textOf('{', '[', ']', '}', '"', '\\ud800', ':', ',', 'null', '1'), (text) =>
    parseJsonObject(Buffer.from(text)),
  );
  fuzz('list parameters', parameters, (text) => parseImageQuery(new URLSearchParams(text), sizes));
  fuzz(
    'ranges',
    fc.record({
      range: textOf('bytes=', 'bytes', '-', ',', '0', '99999999999999999999', ' '),
      contentRange: fc.option(textOf('bytes ', '-', '/', '*', '5'), { nil: undefined }),
    }),
    (headers) => requestedRange(headers, 5),
  );
  fuzz('Accept', header, (accept) => errorBody(404, '<b>&"', accept));
  fuzz(
    'paths and versions',
    fc.tuple(textOf('/', 'v2', 'v2.7', 'v9', '.', '?', 'images'), header),
    ([url, accept]) => pathsOf({ hasStores: false, hasCache: false })(requestWith(url, { accept })),
  );
  fuzz('request ids', textOf('req-', '\0', '\r\n', ' '), (id) =>
    requestId(requestWith('/', { 'x-openstack-request-id': id })),
  );
});
