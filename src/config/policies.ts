import type { PolicyOverrides } from '../domain/policy.ts';
import { parseOverrides } from '../domain/policy-overrides.ts';
import { mapping, type Setting } from './setting.ts';

/** The rules of who may do what that the operator replaces. */
export const policies: Setting<PolicyOverrides> = {
  key: 'policies',
  initial: new Map(),
  initialText: '{}',
  about: 'Rules of who may do what that replace the standard ones; see [policies](policies.md)',
  read(value, report) {
    const texts = mapping(value);
    if (!texts) return undefined;
    const { overrides, problems } = parseOverrides(texts);
    for (const problem of problems) report(problem);
    return problems.length > 0 ? undefined : overrides;
  },
  wanted: 'a mapping of actions to conditions',
};
