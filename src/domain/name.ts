import { type Caller, isAdmin } from './caller.ts';

/** What has a name beside its id. */
export type Named = 'project' | 'user';

/**
 * Whether the caller may learn what that project or user is called, whatever is shared: admins all names,
 * everybody its own. Beside these it may learn those of projects that it shares with.
 */
export function knowsName(caller: Caller, kind: Named, id: string): boolean {
  return isAdmin(caller) || id === (kind === 'project' ? caller.projectId : caller.userId);
}
