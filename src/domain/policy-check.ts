import type { Caller } from './caller.ts';
import type { Target } from './condition.ts';
import type { Action, Explanation, Policy } from './policy.ts';
import { withImplied } from './role.ts';
import { isVisible, type Visibility } from './visibility.ts';

/** What a caller is to an image, for a question. */
export const relations = ['owner', 'member', 'stranger'] as const;

export type Relation = (typeof relations)[number];

/** Whether someone with these roles may do this to such an image. */
export interface PolicyQuestion {
  readonly action: Action;
  readonly roles: readonly string[];
  readonly relation: Relation;
  readonly visibility: Visibility;
}

/** The decision, and the rule that made it: the action's own, or one that was asked before it. */
export interface PolicyDecision extends Explanation {
  /** `visibility` for an image that does not exist for the caller, whatever the rules say. */
  readonly decidedBy: Action | 'visibility';
}

/** Actions for which no image is looked up first. */
const withoutImage: readonly Action[] = [
  'add_image',
  'get_images',
  'stores_info_detail',
  'tasks_api_access',
  'manage_image_cache',
  'cache_image',
  'cache_list',
  'cache_delete',
  'cache_clean',
  'cache_prune',
  'list_cached_nodes',
];

/** Decides as a call would: an image must be visible and `get_image` allow it before the action is judged. */
export function decide(policy: Policy, question: PolicyQuestion): PolicyDecision {
  const { action } = question;
  const caller = callerOf(question);
  const target = targetOf(question);
  const explain = (name: Action) => ({
    decidedBy: name,
    ...policy.explain(name, caller, target),
  });
  if (withoutImage.includes(action)) return explain(action);
  if (!isVisible(target, target.membership, caller)) {
    const rule = 'a private image is seen by its owner, a shared one by its members too';
    return { decidedBy: 'visibility', allowed: false, rule, isOverridden: false, because: [] };
  }
  const seen = explain('get_image');
  return seen.allowed ? explain(action) : seen;
}

function callerOf({ roles }: PolicyQuestion): Caller {
  return {
    userId: 'caller',
    projectId: 'caller',
    projectDomainId: null,
    roles: withImplied(roles.map((role) => role.toLowerCase())),
    scope: 'project',
  };
}

function targetOf({ action, relation, visibility }: PolicyQuestion): Target {
  // A list is always one of the caller's own project.
  if (action === 'get_images') return { owner: 'caller', visibility: 'private' };
  return {
    owner: relation === 'owner' ? 'caller' : 'another',
    visibility,
    membership: relation === 'member' ? 'accepted' : undefined,
  };
}
