import type { Condition } from './condition.ts';
import { ConditionTextError, parseCondition } from './condition-text.ts';
import { type Action, actions, isAction, type PolicyOverrides, type Rule } from './policy.ts';

/** Overrides as they were read, and everything that is wrong with them. */
export interface ParsedOverrides {
  readonly overrides: PolicyOverrides;
  /** Each names its rule and the place in it. */
  readonly problems: readonly string[];
}

/** Reads the rules that an operator replaces: the text of a condition by the name of its action. */
export function parseOverrides(texts: Readonly<Record<string, unknown>>): ParsedOverrides {
  const overrides = new Map<Action, Rule>();
  const problems: string[] = [];
  for (const [name, text] of Object.entries(texts)) {
    if (!isAction(name))
      problems.push(`${name}: no such rule; there are ${[...actions].join(', ')}`);
    else if (typeof text !== 'string') problems.push(`${name}: the text of a condition is wanted`);
    else {
      try {
        overrides.set(name, { text, condition: parseCondition(text, actions) });
      } catch (error) {
        if (!(error instanceof ConditionTextError)) throw error;
        problems.push(`${name}: character ${error.position}: ${error.message}`);
      }
    }
  }
  const circles = [...overrides.keys()].filter((name) => refersTo(name, name, overrides));
  problems.push(...circles.map((name) => `${name}: refers to itself, directly or by other rules`));
  return { overrides, problems };
}

/** Whether `name` leads to `wanted`; only overrides refer to other rules. */
function refersTo(
  wanted: Action,
  name: Action,
  overrides: PolicyOverrides,
  passed: Set<string> = new Set(),
): boolean {
  const rule = overrides.get(name);
  if (!rule || passed.has(name)) return false;
  passed.add(name);
  return referred(rule.condition).some(
    (next) => next === wanted || refersTo(wanted, next as Action, overrides, passed),
  );
}

/** The rules that a condition refers to. */
function referred(condition: Condition): string[] {
  switch (condition.kind) {
    case 'rule':
      return [condition.name];
    case 'not':
      return referred(condition.condition);
    case 'and':
    case 'or':
      return condition.conditions.flatMap(referred);
    case 'role':
    case 'word':
      return [];
  }
}
