import { parse } from 'yaml';

/** Gives the text of the file at a path. */
export type ReadText = (path: string) => string;

/** One thing that an operator may set. */
export interface Setting<T> {
  /** Name in the configuration file; the environment has it in upper case after `VITRINE_`. */
  readonly key: string;
  readonly initial: T;
  /** What it does, with its unit, for people; one sentence without its full stop. */
  readonly about: string;
  /** Reads a value; undefined when it does not fit, after telling what is wrong where `wanted` says too little. */
  readonly read: (
    value: unknown,
    report: (problem: string) => void,
    readText: ReadText | undefined,
  ) => T | undefined;
  readonly wanted: string;
  /** The initial value as people write it, where its own form says too little. */
  readonly initialText?: string;
  /** Whether nobody is to be shown the value. */
  readonly isSecret?: boolean;
}

/** What every kind of setting is described by. */
type Description<T> = Pick<Setting<T>, 'initial' | 'about'>;

/** A setting of text that is not empty. */
export function text(
  key: string,
  { initial, about, wanted }: Description<string> & { readonly wanted: string },
): Setting<string> {
  const read = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  return { key, initial, about, read, wanted };
}

/** A setting of a whole number, both bounds inclusive. */
export function integer(
  key: string,
  {
    initial,
    about,
    min,
    max,
  }: Description<number> & { readonly min: number; readonly max: number },
): Setting<number> {
  return {
    key,
    initial,
    about,
    read(value) {
      const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
      const fits = Number.isSafeInteger(number) && Number(number) >= min && Number(number) <= max;
      return fits ? Number(number) : undefined;
    },
    wanted: `a whole number from ${min} to ${max}`,
  };
}

/** A setting that is one of a few words. */
export function oneOf<const Word extends string>(
  key: string,
  words: readonly Word[],
  { initial, about }: Description<NoInfer<Word>>,
): Setting<Word> {
  return {
    key,
    initial,
    about,
    read: (value) => words.find((word) => word === value),
    wanted: `one of ${words.join(', ')}`,
  };
}

/** A setting of names: a list in the file, with commas between them in the environment. */
export function names(
  key: string,
  { about, wanted }: { readonly about: string; readonly wanted: string },
): Setting<readonly string[]> {
  return {
    key,
    initial: [],
    about,
    read(value) {
      const list = typeof value === 'string' ? value.split(',').map((name) => name.trim()) : value;
      const fits = Array.isArray(list) && list.every((name) => typeof name === 'string');
      return fits ? list.filter((name) => name !== '') : undefined;
    },
    wanted,
  };
}

/** A setting that is on or off. */
export function flag(key: string, { initial, about }: Description<boolean>): Setting<boolean> {
  const values = new Map<unknown, boolean>([
    [true, true],
    [false, false],
    ['true', true],
    ['false', false],
  ]);
  return { key, initial, about, read: (value) => values.get(value), wanted: 'true or false' };
}

/** A setting of the address of a service. */
export function url(
  key: string,
  { about }: { readonly about: string },
): Setting<string | undefined> {
  return {
    key,
    initial: undefined,
    about,
    read: readUrl,
    wanted: 'an http or https URL without a login or query',
  };
}

/** An http or https URL without credentials, query or fragment, and without slashes at its end; else undefined. */
export function readUrl(value: unknown): string | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined;
  const address = new URL(value);
  const isPlain =
    /^https?:$/.test(address.protocol) && address.search === '' && address.hash === '';
  const isOpen = address.username === '' && address.password === '';
  return isPlain && isOpen ? value.replace(/\/+$/, '') : undefined;
}

/** A part of a URL as it is meant; undefined when it is encoded as no text. */
export function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

/** A value with parts: as the file has it, or as YAML (or JSON, which is YAML) in an environment variable. */
export function structure(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return parse(value);
  } catch {
    return undefined;
  }
}

/** The parts of a mapping; undefined for anything else. */
export function mapping(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const parts = structure(value);
  const isMapping = typeof parts === 'object' && parts !== null && !Array.isArray(parts);
  return isMapping ? (parts as Readonly<Record<string, unknown>>) : undefined;
}
