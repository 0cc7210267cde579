import type { Condition } from './condition.ts';
import { ConditionTextError, parseCondition } from './condition-text.ts';
import { actions } from './policy.ts';
import {
  type PropertyOperation,
  type PropertySection,
  propertyOperations,
} from './property-protection.ts';
import { PatternError, safePattern } from './safe-pattern.ts';

/** How rights are written: as a list of roles, or as a condition like those of policies. */
export const rightFormats = ['roles', 'policies'] as const;

export type RightFormat = (typeof rightFormats)[number];

/** A section as an operator wrote it. */
export interface SectionText {
  /** A regular expression. */
  readonly name: string;
  /** By operation; one that is missing is nobody's. */
  readonly rights: Readonly<Record<string, unknown>>;
}

/** Sections as they were read, and everything that is wrong with them. */
export interface ParsedSections {
  readonly sections: readonly PropertySection[];
  readonly problems: readonly string[];
}

/** Reads the sections of a property protection. */
export function parseSections(texts: readonly SectionText[], format: RightFormat): ParsedSections {
  const problems: string[] = [];
  const sections: PropertySection[] = [];
  for (const { name, rights } of texts) {
    const tell = (problem: string) => problems.push(`section ${name}: ${problem}`);
    const pattern = readPattern(name, tell);
    const unknown = Object.keys(rights).filter((key) => !isOperation(key));
    for (const key of unknown)
      tell(`${key}: no such operation; there are ${propertyOperations.join(', ')}`);
    const read = propertyOperations.map((operation) => [
      operation,
      readRight(rights[operation] ?? '!', format, (problem) => tell(`${operation}: ${problem}`)),
    ]);
    if (pattern) sections.push({ pattern, rights: Object.fromEntries(read) });
  }
  return { sections, problems };
}

function isOperation(key: string): key is PropertyOperation {
  return propertyOperations.some((operation) => operation === key);
}

function readPattern(source: string, tell: (problem: string) => void): RegExp | undefined {
  try {
    return safePattern(source);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    tell(error.message);
    return undefined;
  }
}

const nobody: Condition = { kind: 'word', name: '!' };

function readRight(
  value: unknown,
  format: RightFormat,
  tell: (problem: string) => void,
): Condition {
  const names = Array.isArray(value) ? value : [value];
  if (!names.every((name) => typeof name === 'string')) {
    tell(format === 'roles' ? 'a list of roles is wanted' : 'a condition is wanted');
    return nobody;
  }
  try {
    return format === 'roles' ? readRoles(names) : parseCondition(names.join(' or '), actions);
  } catch (error) {
    if (!(error instanceof ConditionTextError)) throw error;
    tell(`character ${error.position}: ${error.message}`);
    return nobody;
  }
}

/** `admin, member`: any of these roles; `@` alone is everyone and `!` alone no one. */
function readRoles(texts: readonly string[]): Condition {
  const names = texts.flatMap((text) => text.split(',')).map((name) => name.trim());
  const [first = ''] = names;
  if (names.length === 1 && (first === '@' || first === '!')) return { kind: 'word', name: first };
  const wrong = names.find((name) => name === '@' || name === '!' || !/^[^\s()]+$/.test(name));
  if (wrong !== undefined) {
    throw new ConditionTextError(
      Math.max(0, texts.join(',').indexOf(wrong)) + 1,
      `roles parted by commas, or @ or ! alone, are wanted, but "${wrong.slice(0, 80)}" is found`,
    );
  }
  return {
    kind: 'or',
    conditions: names.map((name) => ({ kind: 'role', name: name.toLowerCase() })),
  };
}
