import { ApiError } from './api-error.ts';
import type { Session } from './session.ts';

/** The thing of that id, else of that name; undefined when there is neither. */
export async function findNamed<T>(
  session: Session,
  kind: 'project' | 'role' | 'user',
  nameOrId: string,
): Promise<T | undefined> {
  const typed = encodeURIComponent(nameOrId);
  try {
    const byId = await session.call('identity', { path: `/${kind}s/${typed}` });
    return (byId as Readonly<Record<string, T>>)[kind];
  } catch (error) {
    // Who may not read by id may still find itself by name.
    const next = error instanceof ApiError && (error.status === 404 || error.status === 403);
    if (!next) throw error;
  }
  const byName = await session.call('identity', { path: `/${kind}s?name=${typed}` });
  return (byName as Readonly<Record<string, readonly T[]>>)[`${kind}s`]?.[0];
}
