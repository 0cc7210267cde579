/** Names of properties have at most so many characters. */
const nameLength = 255;

/** Steps that matching one name may take at the most: some milliseconds. */
const maxSteps = 1_000_000;

/** Why a pattern is not taken. */
export class PatternError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PatternError';
  }
}

/**
 * Compiles a regular expression that is searched for in names which callers choose. Those whose
 * matching could take long are refused: an operator's slip must not let callers stop the service.
 *
 * @throws PatternError
 */
export function safePattern(source: string): RegExp {
  // Whatever stands before or after, if anything, need not be matched to be found.
  const searched = source.replace(/^(?:\.\*)+(?![*+?{])/, '').replace(/(?<!\\)(?:\.\*)+$/, '');
  const steps = stepsAtMost(searched);
  if (steps > maxSteps) {
    throw new PatternError(
      'matching it could take too long; begin it with ^, and use fewer of * + ? {} and |',
    );
  }
  try {
    return new RegExp(searched);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PatternError(`is no regular expression: ${why}`);
  }
}

/** What a pattern is made of: escapes, sets of characters, beginnings of groups, quantifiers and the rest. */
const part =
  /\\[1-9k]|\\.|\[(?:\\.|[^\]\\])*\]|\((?:\?(?::|.{1,2}))?|[*+?]\??|\{[\d,]*\}\??|[\s\S]/g;

/** An upper bound of the steps in which a backtracking matcher is through with a name. */
function stepsAtMost(source: string): number {
  const parts = [...source.matchAll(part)].map(([text]) => text);
  checkGroups(parts);
  // Only a search that is not tied to the beginning starts at every character.
  const isTied = source.startsWith('^') && !parts.includes('|');
  return parts.reduce((steps, text) => steps * factorOf(text), isTied ? 1 : nameLength);
}

function factorOf(text: string): number {
  if (text === '|' || text.startsWith('?')) return 2;
  return isQuantifier(text) ? nameLength : 1;
}

function isQuantifier(text: string): boolean {
  return /^[*+?{]/.test(text);
}

/**
 * Refuses what no bound holds for: a repeated group that can match the same text in several ways.
 *
 * @throws PatternError
 */
function checkGroups(parts: readonly string[]): void {
  /** Of the groups that are open: whether they hold alternatives or repeats. */
  const open: boolean[] = [];
  let closed = false;
  for (const text of parts) {
    refuseUnbounded(text);
    if (closed && isQuantifier(text)) {
      throw new PatternError('repeats a group that has alternatives or repeats itself');
    }
    if (isQuantifier(text) || text === '|') open.fill(true);
    closed = text === ')' && open.pop() === true;
    if (text.startsWith('(')) open.push(false);
  }
}

function refuseUnbounded(text: string): void {
  if (/^\\[1-9k]/.test(text)) throw new PatternError('refers back to a group');
  if (/^\(\?[^:]/.test(text)) throw new PatternError('only groups as (…) and (?:…) are taken');
}
