import type { PolicyDecisionBody, PolicyQuestionBody } from '../api/policy-check-document.ts';
import type { Session } from './session.ts';

/** How the running service decides such a call. For admins. @throws ApiError */
export async function checkPolicy(
  session: Session,
  question: PolicyQuestionBody,
): Promise<PolicyDecisionBody> {
  const path = '/vitrine/v1/policy/check';
  const answer = await session.call('image', { method: 'POST', path, body: question });
  return answer as PolicyDecisionBody;
}
