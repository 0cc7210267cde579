import type { QuotaDocument, QuotasDocument } from '../api/quota-document.ts';
import type { Session } from './session.ts';

/** Quotas by name. */
export type QuotaDocuments = Readonly<Record<string, QuotaDocument>>;

/** What a project may have, and what it has. @throws ApiError 403 for anyone but an admin. */
export async function getQuotas(session: Session, projectId: string): Promise<QuotaDocuments> {
  return ((await session.call('image', { path: pathOf(projectId) })) as QuotasDocument).quotas;
}

/** Sets the limits named; null takes a project's own limit away. @throws ApiError */
export async function setQuotas(
  session: Session,
  projectId: string,
  quotas: Readonly<Record<string, number | null>>,
): Promise<QuotaDocuments> {
  const request = { method: 'PUT', path: pathOf(projectId), body: { quotas } } as const;
  return ((await session.call('image', request)) as QuotasDocument).quotas;
}

/** Takes every limit that a project has of its own away. @throws ApiError */
export async function resetQuotas(session: Session, projectId: string): Promise<void> {
  await session.call('image', { method: 'DELETE', path: pathOf(projectId) });
}

function pathOf(projectId: string): string {
  return `/vitrine/v1/projects/${encodeURIComponent(projectId)}/quotas`;
}
