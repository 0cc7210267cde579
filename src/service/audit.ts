import type { Caller } from '../domain/caller.ts';
import type { Action, Policy } from '../domain/policy.ts';

/** What a rule said of a request. */
export interface Decision {
  readonly rule: Action;
  readonly allowed: boolean;
  /** The conditions that were missing; of a refusal only, since telling takes longer than deciding. */
  readonly missing: readonly string[];
}

const decisions = Symbol('decisions');

interface WatchedCaller extends Caller {
  readonly [decisions]: Decision[];
}

/** The caller for one request, whose decisions can be asked for afterwards. */
export function watchedCaller(caller: Caller): Caller {
  const watched: WatchedCaller = { ...caller, [decisions]: [] };
  return watched;
}

/** What the rules said of a watched caller's request, in order and each answer once. */
export function decisionsOf(caller: Caller): readonly Decision[] {
  return decisions in caller ? (caller as WatchedCaller)[decisions] : [];
}

/** The same rules, which note what they say of watched callers. */
export function watchedPolicy(policy: Policy): Policy {
  return {
    ...policy,
    allows(action, caller, target) {
      const allowed = policy.allows(action, caller, target);
      if (!(decisions in caller)) return allowed;
      const noted = (caller as WatchedCaller)[decisions];
      // A list asks the same for every image, and every property of it.
      if (noted.some((one) => one.rule === action && one.allowed === allowed)) return allowed;
      const because = allowed ? [] : policy.explain(action, caller, target).because;
      const missing = because.map(({ condition }) => condition);
      noted.push({ rule: action, allowed, missing });
      return allowed;
    },
  };
}
