import { type Condition, conditionWords, type Word } from './condition.ts';

/** What is wrong with the text of a condition, and where. */
export class ConditionTextError extends Error {
  /** Of the character that is wrong, counted from 1. */
  readonly position: number;

  constructor(position: number, message: string) {
    super(message);
    this.name = 'ConditionTextError';
    this.position = position;
  }
}

/** Bounds how deep parentheses can nest. */
const maxLength = 1000;

interface Token {
  readonly text: string;
  /** From 1. */
  readonly position: number;
}

/** What has been read so far of a text. */
interface Reader {
  readonly tokens: readonly Token[];
  readonly rules: ReadonlySet<string>;
  at: number;
}

/**
 * Reads a condition: `role:NAME`, the words of `conditionWords` and the names of rules, joined by
 * `not`, `and` and `or` (which bind in this order) and parentheses.
 *
 * @param rules names of the rules that the text may refer to
 * @throws ConditionTextError
 */
export function parseCondition(text: string, rules: ReadonlySet<string>): Condition {
  if (text.length > maxLength) {
    throw new ConditionTextError(maxLength + 1, `at most ${maxLength} characters are read`);
  }
  const tokens = [...text.matchAll(/[()]|[^\s()]+/g)].map((match) => ({
    text: match[0],
    position: match.index + 1,
  }));
  const end = { text: '', position: text.length + 1 };
  const reader: Reader = { tokens: [...tokens, end], rules, at: 0 };
  const condition = parseJoined(reader, 'or');
  const rest = peek(reader);
  if (rest.text !== '') throw unexpected(rest, '"and", "or" or the end is wanted');
  return condition;
}

/** A series of conditions joined by `or`, each of them a series joined by `and`. */
function parseJoined(reader: Reader, kind: 'and' | 'or'): Condition {
  const parsePart = () => (kind === 'or' ? parseJoined(reader, 'and') : parseSingle(reader));
  const first = parsePart();
  const conditions = [first];
  while (isKeyword(peek(reader), kind)) {
    reader.at += 1;
    conditions.push(parsePart());
  }
  return conditions.length === 1 ? first : { kind, conditions };
}

function parseSingle(reader: Reader): Condition {
  const token = peek(reader);
  if (token.text === '') throw unexpected(token, 'a condition is wanted');
  reader.at += 1;
  if (isKeyword(token, 'not')) return { kind: 'not', condition: parseSingle(reader) };
  if (token.text === '(') return parseRest(reader, token);
  return parseName(token, reader.rules);
}

/** What stands between `open` and its closing parenthesis. */
function parseRest(reader: Reader, open: Token): Condition {
  const condition = parseJoined(reader, 'or');
  const close = peek(reader);
  if (close.text !== ')') throw unexpected(close, `")" for "(" at character ${open.position}`);
  reader.at += 1;
  return condition;
}

function parseName(token: Token, rules: ReadonlySet<string>): Condition {
  const { text } = token;
  const role = /^role:(.+)$/s.exec(text)?.[1];
  // Roles are compared in lower case, as identity services spell them in any.
  if (role !== undefined) return { kind: 'role', name: role.toLowerCase() };
  if (isWord(text)) return { kind: 'word', name: text };
  if (rules.has(text)) return { kind: 'rule', name: text };
  throw unexpected(token, `role:NAME, a rule or one of ${conditionWords.join(' ')} is wanted`);
}

function isWord(text: string): text is Word {
  return conditionWords.some((word) => word === text);
}

function isKeyword(token: Token, keyword: string): boolean {
  return token.text.toLowerCase() === keyword;
}

function peek({ tokens, at }: Reader): Token {
  return tokens[Math.min(at, tokens.length - 1)] ?? { text: '', position: 1 };
}

function unexpected({ text, position }: Token, wanted: string): ConditionTextError {
  const found = text === '' ? 'the text ends' : `"${text.slice(0, 80)}" is found`;
  return new ConditionTextError(position, `${wanted}, but ${found}`);
}
