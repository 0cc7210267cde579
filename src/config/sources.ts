import { type Document, isMap, LineCounter, parseDocument } from 'yaml';
import type { ReadText, Setting } from './setting.ts';
import { nearest } from './spelling.ts';

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A value that an operator gave, and where. */
export interface Given {
  readonly value: unknown;
  /** An environment variable, or file and line. */
  readonly place: string;
}

/** Everything that an operator gave. */
export interface Sources {
  readonly environment: Environment;
  /** By key. */
  readonly file: ReadonlyMap<string, Given>;
  /** What is wrong with the file itself. */
  readonly problems: readonly string[];
  readonly readText: ReadText | undefined;
}

type AnySetting = Pick<Setting<unknown>, 'key'>;

const prefix = 'VITRINE_';

/** The variable that names the configuration file; no setting itself. */
const fileVariable = 'VITRINE_CONFIG';

/** Reads what the environment and the file it names have. */
export function readSources(
  environment: Environment,
  readText: ReadText | undefined,
  known: readonly AnySetting[],
): Sources {
  const path = environment[fileVariable];
  const problems: string[] = [];
  const file = path && readText ? readFile(path, { readText, problems, known }) : new Map();
  return { environment, file, problems, readText };
}

/** What was given for a setting: the environment comes before the file. An empty variable is none. */
export function givenFor({ key }: AnySetting, sources: Sources): Given | undefined {
  const variable = variableOf(key);
  const value = sources.environment[variable];
  if (value !== undefined && value !== '') return { value, place: variable };
  return sources.file.get(key);
}

/** The environment variable of a setting. */
export function variableOf(key: string): string {
  return prefix + key.toUpperCase();
}

/** Variables that look like settings and are none, each with what may be meant. */
export function unknownVariables(
  environment: Environment,
  known: readonly AnySetting[],
): readonly string[] {
  const variables = [...known.map(({ key }) => variableOf(key)), fileVariable];
  return Object.keys(environment)
    .filter((name) => name.startsWith(prefix) && !variables.includes(name))
    .map((name) => `${name}: is no setting.${suggestion(name, variables)}`);
}

interface FileReading {
  readonly readText: ReadText;
  readonly problems: string[];
  readonly known: readonly AnySetting[];
}

function readFile(path: string, reading: FileReading): ReadonlyMap<string, Given> {
  const { readText, problems, known } = reading;
  const lines = new LineCounter();
  const document = parsed(path, { readText, problems, lines });
  if (!document) return new Map();
  const { contents } = document;
  const values = valuesOf(document);
  if (values === null) return new Map();
  if (!isMap<{ readonly value: unknown; readonly range?: readonly number[] }>(contents)) {
    problems.push(`${path}:1: a mapping of settings to values is wanted.`);
    return new Map();
  }

  const keys = known.map(({ key }) => key);
  const given = new Map<string, Given>();
  for (const { key: node } of contents.items) {
    const key = String(node.value);
    const place = `${path}:${lines.linePos(node.range?.[0] ?? 0).line}`;
    if (keys.includes(key)) given.set(key, { value: values?.[key], place });
    else problems.push(`${place}: ${key}: is no setting.${suggestion(key, keys)}`);
  }
  return given;
}

function parsed(
  path: string,
  { readText, problems, lines }: Omit<FileReading, 'known'> & { readonly lines: LineCounter },
) {
  let content: string;
  try {
    content = readText(path);
  } catch (error) {
    problems.push(`${fileVariable}: ${path} cannot be read: ${messageOf(error)}.`);
    return undefined;
  }
  const document = parseDocument(content, { lineCounter: lines, prettyErrors: false });
  for (const { message, pos } of document.errors) {
    problems.push(`${path}:${lines.linePos(pos[0]).line}: is not YAML: ${withoutQuote(message)}.`);
  }
  if (document.errors.length === 0 && valuesOf(document) === undefined) {
    problems.push(`${path}: is not YAML: an alias stands for nothing.`);
    return undefined;
  }
  return document.errors.length > 0 ? undefined : document;
}

/** What is wrong, without what the parser quotes of the file behind it: that may be a secret. */
function withoutQuote(message: string): string {
  return message.replace(/(?<! ): .*| ?\\.*/s, '');
}

/** Undefined when an alias stands for nothing: what the parser says of it quotes the file, and maybe a secret. */
function valuesOf(document: Document): Readonly<Record<string, unknown>> | null | undefined {
  try {
    return document.toJS();
  } catch {
    return undefined;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function suggestion(name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  return meant === undefined ? ' `vitrine config show` lists them all.' : ` Is ${meant} meant?`;
}
