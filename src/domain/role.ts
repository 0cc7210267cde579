/** A named set of rights, held by a user on a project, on a domain or on the system. */
export interface Role {
  /** 32 hex digits. */
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
}

/** What a role is held on. */
export type RoleTarget =
  | { readonly kind: 'project'; readonly projectId: string }
  | { readonly kind: 'domain'; readonly domainId: string }
  | { readonly kind: 'system' };

export interface RoleAssignment {
  readonly userId: string;
  readonly roleId: string;
  readonly target: RoleTarget;
}

/** The roles that every installation has; others mean nothing to the image service. */
export const standardRoles = ['admin', 'member', 'reader', 'service'] as const;

/** The role that each role brings with it. @see Keystone, `keystone-manage bootstrap` */
const implied: ReadonlyMap<string, string> = new Map([
  ['admin', 'member'],
  ['member', 'reader'],
]);

/** The names in `held` and every name that they imply, directly or by steps. */
export function withImplied(held: Iterable<string>): Set<string> {
  const names = new Set<string>();
  for (const name of held) {
    for (let next: string | undefined = name; next !== undefined; next = implied.get(next)) {
      names.add(next);
    }
  }
  return names;
}
