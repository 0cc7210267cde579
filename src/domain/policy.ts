import { type Caller, hasRole } from './caller.ts';
import type { MemberStatus } from './member.ts';
import { isOwner, type Visible } from './visibility.ts';

/** What an action is about: an image, and what the caller is to it. */
export interface Target extends Visible {
  /** The caller's own answer; undefined when its project is no member. */
  readonly membership?: MemberStatus | undefined;
}

type Rule = (caller: Caller, target: Target) => boolean;

const role =
  (name: string): Rule =>
  (caller) =>
    hasRole(caller, name);
const owner: Rule = (caller, target) => isOwner(target, caller);
const member: Rule = (_caller, target) =>
  target.visibility === 'shared' && target.membership !== undefined;
const open: Rule = (_caller, target) =>
  target.visibility === 'public' || target.visibility === 'community';
/** The lookup has hidden shared images from everyone but members; what is left is an image without owner. */
const ownerless: Rule = (_caller, target) =>
  target.owner === null && target.visibility === 'shared';
const anyOf =
  (...rules: readonly Rule[]): Rule =>
  (caller, target) =>
    rules.some((rule) => rule(caller, target));
const allOf =
  (...rules: readonly Rule[]): Rule =>
  (caller, target) =>
    rules.every((rule) => rule(caller, target));

const admin = role('admin');
const ownerMember = anyOf(admin, allOf(role('member'), owner));
const ownerReader = anyOf(admin, allOf(role('reader'), owner));
const anyoneConcerned = anyOf(owner, member, open, ownerless);

/**
 * Who may do what, by the names that the field gives to the actions.
 *
 * @see Images API v2, default policies with scope enforced
 */
const rules = {
  add_image: ownerMember,
  get_image: anyOf(admin, allOf(role('reader'), anyoneConcerned)),
  get_images: anyOf(admin, role('reader')),
  modify_image: ownerMember,
  delete_image: ownerMember,
  upload_image: ownerMember,
  deactivate: ownerMember,
  reactivate: ownerMember,
  publicize_image: admin,
  communitize_image: ownerMember,
  download_image: anyOf(admin, allOf(role('member'), anyoneConcerned)),
  add_member: ownerMember,
  delete_member: ownerMember,
  get_members: anyOf(ownerReader, allOf(role('reader'), member)),
  get_member: anyOf(ownerReader, allOf(role('reader'), member)),
  modify_member: anyOf(admin, allOf(role('member'), member)),
} as const satisfies Readonly<Record<string, Rule>>;

export type Action = keyof typeof rules;

/** Whether `caller` may do `action` to `target`; a token without a project may do nothing. */
export function mayDo(action: Action, caller: Caller, target: Target): boolean {
  return caller.scope === 'project' && rules[action](caller, target);
}
