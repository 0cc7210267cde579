import type { Caller } from './caller.ts';
import {
  type Condition,
  compileCondition,
  type Finding,
  judgeCondition,
  type Target,
  type Test,
} from './condition.ts';
import { parseCondition } from './condition-text.ts';

const ownerMember = 'role:admin or (role:member and owner)';
const ownerOrMember = 'role:admin or (role:reader and (owner or member))';
/** The lookup has hidden shared images from everyone but members; what is left is an image without owner. */
const anyoneConcerned = 'owner or member or public or community or (ownerless and shared)';

/**
 * Who may do what, by the names that the field gives to the actions.
 *
 * @see Images API v2, default policies with scope enforced
 */
const defaults = {
  add_image: ownerMember,
  get_image: `role:admin or (role:reader and (${anyoneConcerned}))`,
  get_images: 'role:admin or role:reader',
  modify_image: ownerMember,
  delete_image: ownerMember,
  upload_image: ownerMember,
  deactivate: ownerMember,
  reactivate: ownerMember,
  publicize_image: 'role:admin',
  communitize_image: ownerMember,
  download_image: `role:admin or (role:member and (${anyoneConcerned}))`,
  add_member: ownerMember,
  delete_member: ownerMember,
  get_members: ownerOrMember,
  get_member: ownerOrMember,
  modify_member: 'role:admin or (role:member and member)',
  copy_image: 'role:admin',
  get_image_location: 'role:admin or (role:reader and owner)',
  set_image_location: ownerMember,
  delete_image_location: 'role:admin',
  add_image_location: `role:service or ${ownerMember}`,
  fetch_image_location: 'role:service or role:admin',
  stores_info_detail: 'role:admin or role:service',
  tasks_api_access: 'role:admin',
  manage_image_cache: 'role:admin',
  cache_image: 'role:admin',
  cache_list: 'role:admin',
  cache_delete: 'role:admin',
  cache_clean: 'role:admin',
  cache_prune: 'role:admin',
  list_cached_nodes: 'role:admin',
} as const satisfies Readonly<Record<string, string>>;

export type Action = keyof typeof defaults;

/** Every action that has a rule. */
export const actions: ReadonlySet<string> = new Set(Object.keys(defaults));

/** A rule as it was written. */
export interface Rule {
  readonly text: string;
  readonly condition: Condition;
}

/** The rules that an operator has replaced. */
export type PolicyOverrides = ReadonlyMap<Action, Rule>;

/** Why an action is allowed or refused. */
export interface Explanation {
  readonly allowed: boolean;
  readonly rule: string;
  readonly isOverridden: boolean;
  /** The single conditions that decided; none for a token without a project, to which no rule applies. */
  readonly because: readonly Finding[];
}

/** The rules of one service. */
export interface Policy {
  /** Whether `caller` may do `action` to `target`; a token without a project may do nothing. */
  allows(action: Action, caller: Caller, target: Target): boolean;
  /** The decision of `allows`, and how it comes about. */
  explain(action: Action, caller: Caller, target: Target): Explanation;
  isOverridden(action: Action): boolean;
  conditionOf(action: Action): Condition;
}

/** The default rules with some of them replaced; each is compiled once. */
export function policyOf(overrides: PolicyOverrides): Policy {
  const rules = { ...defaultRules, ...Object.fromEntries(overrides) };
  const conditionOf = (name: string) => rules[name as Action].condition;
  // Rules that refer to each other find one another when they are asked, not when they are compiled.
  const tests = {} as Record<Action, Test>;
  const testOf =
    (name: string): Test =>
    (caller, target) =>
      tests[name as Action](caller, target);
  for (const action of Object.keys(rules) as Action[]) {
    tests[action] = compileCondition(conditionOf(action), testOf);
  }
  return {
    allows: (action, caller, target) => caller.scope === 'project' && tests[action](caller, target),

    explain(action, caller, target) {
      const { holds, because } = judgeCondition(conditionOf(action), caller, target, conditionOf);
      const rule = { rule: rules[action].text, isOverridden: overrides.has(action) };
      if (caller.scope !== 'project') return { allowed: false, because: [], ...rule };
      return { allowed: holds, because, ...rule };
    },

    isOverridden: (action) => overrides.has(action),
    conditionOf,
  };
}

/** Whether `name` is an action that has a rule. */
export function isAction(name: string): name is Action {
  return actions.has(name);
}

const defaultRules = Object.fromEntries(
  Object.entries(defaults).map(([name, text]) => [
    name,
    { text, condition: parseCondition(text, new Set()) },
  ]),
) as Readonly<Record<Action, Rule>>;

/** The rules of the field. */
export const defaultPolicy: Policy = policyOf(new Map());
