import { type Caller, hasRole } from './caller.ts';
import type { MemberStatus } from './member.ts';
import { isOwner, type Visible } from './visibility.ts';

/** What an action is about: an image, and what the caller is to it. */
export interface Target extends Visible {
  /** The caller's own answer; undefined when its project is no member. */
  readonly membership?: MemberStatus | undefined;
}

/** A condition on caller and target, as data: it can be judged, and told why. */
export type Condition =
  | { readonly kind: 'role'; readonly name: string }
  | { readonly kind: 'word'; readonly name: Word }
  | { readonly kind: 'rule'; readonly name: string }
  | { readonly kind: 'not'; readonly condition: Condition }
  | { readonly kind: 'and' | 'or'; readonly conditions: readonly Condition[] };

/** A condition made quick to judge. */
export type Test = (caller: Caller, target: Target) => boolean;

/** What a single word says of the target, or of everyone (`@`) and no one (`!`). */
const words = {
  owner: (caller, target) => isOwner(target, caller),
  member: (_caller, target) => target.visibility === 'shared' && target.membership !== undefined,
  ownerless: (_caller, target) => target.owner === null,
  public: (_caller, target) => target.visibility === 'public',
  community: (_caller, target) => target.visibility === 'community',
  shared: (_caller, target) => target.visibility === 'shared',
  private: (_caller, target) => target.visibility === 'private',
  '@': () => true,
  '!': () => false,
} as const satisfies Readonly<Record<string, Test>>;

export type Word = keyof typeof words;

/** The words in the order in which an operator is told of them. */
export const conditionWords = Object.keys(words) as readonly Word[];

/**
 * Turns a condition into a function.
 *
 * @param testOf gives the function of another rule
 */
export function compileCondition(condition: Condition, testOf: (rule: string) => Test): Test {
  switch (condition.kind) {
    case 'role': {
      const { name } = condition;
      return (caller) => hasRole(caller, name);
    }
    case 'word':
      return words[condition.name];
    case 'rule':
      return testOf(condition.name);
    case 'not': {
      const test = compileCondition(condition.condition, testOf);
      return (caller, target) => !test(caller, target);
    }
    case 'and':
    case 'or': {
      const tests = condition.conditions.map((part) => compileCondition(part, testOf));
      return condition.kind === 'and'
        ? (caller, target) => tests.every((test) => test(caller, target))
        : (caller, target) => tests.some((test) => test(caller, target));
    }
  }
}

/** A single condition, and whether it holds. */
export interface Finding {
  readonly condition: string;
  readonly holds: boolean;
}

/** What a condition says of a caller and a target, and by which single conditions. */
export interface Judgement {
  readonly holds: boolean;
  /** The first alternative that holds; of what fails, everything that was missing. */
  readonly because: readonly Finding[];
}

/**
 * Judges a condition and tells why; `compileCondition` judges the same, but quickly.
 *
 * @param conditionOf gives the condition of another rule
 */
export function judgeCondition(
  condition: Condition,
  caller: Caller,
  target: Target,
  conditionOf: (rule: string) => Condition,
): Judgement {
  const judge = (part: Condition) => judgeCondition(part, caller, target, conditionOf);
  switch (condition.kind) {
    case 'role': {
      const holds = hasRole(caller, condition.name);
      return { holds, because: [{ condition: `role:${condition.name}`, holds }] };
    }
    case 'word': {
      const holds = words[condition.name](caller, target);
      return { holds, because: [{ condition: condition.name, holds }] };
    }
    case 'rule':
      return judge(conditionOf(condition.name));
    case 'not': {
      const { holds, because } = judge(condition.condition);
      return { holds: !holds, because };
    }
    case 'and':
    case 'or':
      return judgeParts(condition.kind, condition.conditions.map(judge));
  }
}

function judgeParts(kind: 'and' | 'or', parts: readonly Judgement[]): Judgement {
  const holds =
    kind === 'and' ? parts.every((part) => part.holds) : parts.some((part) => part.holds);
  const deciding = parts.filter((part) => part.holds === holds);
  const told = kind === 'or' && holds ? deciding.slice(0, 1) : deciding;
  return { holds, because: told.flatMap((part) => part.because) };
}

/**
 * What a condition says of a caller whatever the target is; undefined when the target matters.
 *
 * @param conditionOf gives the condition of another rule
 */
export function judgeWithoutTarget(
  condition: Condition,
  caller: Caller,
  conditionOf: (rule: string) => Condition,
): boolean | undefined {
  const judge = (part: Condition) => judgeWithoutTarget(part, caller, conditionOf);
  switch (condition.kind) {
    case 'role':
      return hasRole(caller, condition.name);
    case 'word':
      return condition.name === '@' || (condition.name === '!' ? false : undefined);
    case 'rule':
      return judge(conditionOf(condition.name));
    case 'not': {
      const holds = judge(condition.condition);
      return holds === undefined ? undefined : !holds;
    }
    case 'and':
    case 'or': {
      const settling = condition.kind === 'or';
      const parts = condition.conditions.map(judge);
      if (parts.includes(settling)) return settling;
      return parts.includes(undefined) ? undefined : !settling;
    }
  }
}
