import type { NamesDocument } from '../api/names-document.ts';
import type { Session } from './session.ts';

/** How many ids one request may ask about. */
const maxIds = 100;

/** What these projects are called, as far as this project may know. @throws ApiError */
export async function getProjectNames(
  session: Session,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  const unique = [...new Set(ids)];
  for (let begin = 0; begin < unique.length; begin += maxIds) {
    const query = new URLSearchParams();
    for (const id of unique.slice(begin, begin + maxIds)) query.append('project', id);
    const path = `/vitrine/v1/names?${query.toString()}`;
    const { projects } = (await session.call('image', { path })) as NamesDocument;
    for (const { id, name } of projects) if (name !== null) names.set(id, name);
  }
  return names;
}
