import type { Session } from './session.ts';

/** A key as the service tells of it. Times are ISO 8601, UTC. */
export interface KeyDocument {
  readonly id: string;
  readonly created_at: string;
  readonly signs: boolean;
  /** Until when tokens may need it; null for the one that signs. */
  readonly needed_until: string | null;
}

/** The keys that tokens are signed with, newest first. @throws ApiError 403 for anyone but an admin. */
export async function listKeys(session: Session): Promise<readonly KeyDocument[]> {
  return keysIn(await session.call('identity', { path: '/signing_keys' }));
}

/** Lets a new key sign; without the others, every token ends, that of the session too. @throws ApiError */
export async function rotateKeys(
  session: Session,
  { dropsOthers }: { readonly dropsOthers: boolean },
): Promise<readonly KeyDocument[]> {
  const body = { rotation: { drop_others: dropsOthers } };
  return keysIn(await session.call('identity', { method: 'POST', path: '/signing_keys', body }));
}

function keysIn(answer: unknown): readonly KeyDocument[] {
  return (answer as { readonly signing_keys: readonly KeyDocument[] }).signing_keys;
}
