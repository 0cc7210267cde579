import { isDeepStrictEqual } from 'node:util';

/** Says of a value whether it will do, and how that is called. */
export class Matcher {
  readonly name: string;
  readonly matches: (value: unknown) => boolean;

  constructor(name: string, matches: (value: unknown) => boolean) {
    this.name = name;
    this.matches = matches;
  }
}

/** Text of a form. */
export function like(pattern: RegExp): Matcher {
  return new Matcher(String(pattern), (value) => typeof value === 'string' && pattern.test(value));
}

export const time: Matcher = like(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

export const absent: Matcher = new Matcher('nothing', (value) => value === undefined);

/** A document without any other key than these, whatever their values. */
export function keys(...names: readonly string[]): Matcher {
  const wanted = names.toSorted();
  return new Matcher(`an object of exactly ${wanted.join(', ')}`, (value) => {
    if (typeof value !== 'object' || value === null) return false;
    return isDeepStrictEqual(Object.keys(value).toSorted(), wanted);
  });
}

/** Several expectations of one value, all of which must hold; may stand wherever one may. */
export class All {
  readonly parts: readonly unknown[];

  constructor(...parts: readonly unknown[]) {
    this.parts = parts;
  }
}

/** A list of these, in any order; may stand wherever an expectation may. */
export class InAnyOrder {
  readonly parts: readonly unknown[];

  constructor(...parts: readonly unknown[]) {
    this.parts = parts;
  }
}

export function all(...parts: readonly unknown[]): All {
  return new All(...parts);
}

export function inAnyOrder(...parts: readonly unknown[]): InAnyOrder {
  return new InAnyOrder(...parts);
}

/**
 * Where `actual` is not as `expected` says, in words; empty when it is.
 *
 * Objects need to have what is expected at least; lists have exactly as many elements.
 */
export function mismatches(expected: unknown, actual: unknown, path: string): string[] {
  if (expected instanceof Matcher) {
    if (expected.matches(actual)) return [];
    return [`${path}: ${JSON.stringify(actual)} is not ${expected.name}`];
  }
  if (expected instanceof All) {
    return expected.parts.flatMap((one) => mismatches(one, actual, path));
  }
  if (expected instanceof InAnyOrder) return unlike(expected.parts, actual, path);
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length) {
    return expected.flatMap((one, index) => mismatches(one, actual[index], `${path}[${index}]`));
  }
  if (isRecord(expected) && isRecord(actual)) {
    return Object.entries(expected).flatMap(([key, value]) =>
      mismatches(value, actual[key], `${path}.${key}`),
    );
  }
  if (isDeepStrictEqual(expected, actual)) return [];
  return [`${path}: ${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`];
}

function unlike(wanted: readonly unknown[], actual: unknown, path: string): string[] {
  const isOneOf = (one: unknown, list: readonly unknown[]) =>
    list.some((other) => mismatches(one, other, path).length === 0);
  if (
    Array.isArray(actual) &&
    actual.length === wanted.length &&
    wanted.every((one) => isOneOf(one, actual))
  ) {
    return [];
  }
  return [`${path}: ${JSON.stringify(actual)} is not, in any order, ${JSON.stringify(wanted)}`];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
