import type { Static } from 'typebox';
import type {
  CurrentDocument,
  FamilyDocument,
  listFamilies as listOperation,
} from '../api/vitrine/families.ts';
import type { ApiRequest, Session } from './session.ts';

const root = '/vitrine/v1/families';

/** A family as one project sees it. */
export type FamilyBody = Static<typeof FamilyDocument>;

/** What is current in a family. */
export type CurrentBody = Static<typeof CurrentDocument>;

/** A family of a list. */
export type FamilyLineBody = Pick<FamilyBody, 'owner' | 'name' | 'updated_at'>;

/** Which family. */
export interface FamilyNamed {
  /** The id of a project; that of the session, unless it is given. */
  readonly owner?: string | undefined;
  readonly name: string;
}

/** Which families to list. */
export interface FamilyQuery {
  /** Those of the session's project, or those shared with it. */
  readonly side: 'own' | 'shared';
  /** At most 500. */
  readonly limit?: number;
  readonly marker?: string | undefined;
}

/** One page of families. @throws ApiError */
export async function getFamilyPage(
  session: Session,
  { side, limit = 500, marker }: FamilyQuery,
): Promise<Static<NonNullable<typeof listOperation.answer>>> {
  const query = new URLSearchParams({ side, limit: String(limit), ...(marker && { marker }) });
  return (await session.call('image', { path: `${root}?${query.toString()}` })) as Static<
    NonNullable<typeof listOperation.answer>
  >;
}

/** The families of the session's project, or those shared with it, page after page as they are read. @throws ApiError */
export async function* listFamilies(
  session: Session,
  side: 'own' | 'shared',
): AsyncGenerator<FamilyLineBody> {
  let marker: string | undefined;
  do {
    const page = await getFamilyPage(session, { side, marker });
    yield* page.families;
    marker = page.next;
  } while (marker !== undefined);
}

/** A family with its versions. @throws ApiError */
export function getFamily(session: Session, family: FamilyNamed): Promise<FamilyBody> {
  return call(session, family, '', {}) as Promise<FamilyBody>;
}

/** The image that is current. @throws ApiError */
export function getCurrent(session: Session, family: FamilyNamed): Promise<CurrentBody> {
  return call(session, family, '/current', {}) as Promise<CurrentBody>;
}

/** Makes an image current. @throws ApiError */
export function promoteImage(
  session: Session,
  family: FamilyNamed,
  imageId: string,
): Promise<FamilyBody> {
  const request = { method: 'POST', body: { image_id: imageId } } as const;
  return call(session, family, '/promotion', request) as Promise<FamilyBody>;
}

/** Makes that image current again that was so before. @throws ApiError */
export function rollBackFamily(session: Session, family: FamilyNamed): Promise<FamilyBody> {
  return call(session, family, '/rollback', { method: 'POST' }) as Promise<FamilyBody>;
}

/** Says from when on nobody should begin with an image of a family; null takes it back. @throws ApiError */
export async function deprecateImage(
  session: Session,
  family: FamilyNamed,
  said: {
    readonly imageId: string;
    readonly at: string | null;
    readonly replacementId?: string | null;
  },
): Promise<void> {
  const body = { deprecated_at: said.at, replacement_id: said.replacementId ?? null };
  const request =
    said.at === null ? { method: 'DELETE' as const } : { method: 'PUT' as const, body };
  await call(session, family, `/deprecations/${encodeURIComponent(said.imageId)}`, request);
}

/** Has new versions follow to a project. @throws ApiError */
export function shareFamily(
  session: Session,
  family: FamilyNamed,
  { project, note = null }: { readonly project: string; readonly note?: string | null },
): Promise<FamilyBody> {
  const request = { method: 'PUT', body: { note } } as const;
  const path = `/members/${encodeURIComponent(project)}`;
  return call(session, family, path, request) as Promise<FamilyBody>;
}

/** Has them follow to it no more. @throws ApiError */
export async function unshareFamily(
  session: Session,
  family: FamilyNamed,
  project: string,
): Promise<void> {
  const path = `/members/${encodeURIComponent(project)}`;
  await call(session, family, path, { method: 'DELETE' });
}

/** Removes a family; its images stay. @throws ApiError */
export async function deleteFamily(session: Session, family: FamilyNamed): Promise<void> {
  await call(session, family, '', { method: 'DELETE' });
}

async function call(
  session: Session,
  { owner, name }: FamilyNamed,
  path: string,
  request: Omit<ApiRequest, 'path'>,
): Promise<unknown> {
  const place = [owner ?? (await session.projectId()), name].map(encodeURIComponent).join('/');
  return await session.call('image', { ...request, path: `${root}/${place}${path}` });
}
