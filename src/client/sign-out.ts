import type { Session } from './session.ts';

/** Ends the session's token, so that nobody can use it any more. @throws ApiError */
export async function signOut(session: Session): Promise<void> {
  const { token } = await session.grant();
  await session.call('identity', {
    method: 'DELETE',
    path: '/auth/tokens',
    headers: { 'x-subject-token': token },
  });
}
