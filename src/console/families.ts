import { ApiError } from '../client/api-error.ts';
import {
  type CurrentBody,
  type FamilyBody,
  type FamilyLineBody,
  type FamilyNamed,
  getCurrent,
  getFamily,
  getFamilyPage,
} from '../client/families.ts';
import { getImageNames } from '../client/images.ts';
import { getProjectNames } from '../client/names.ts';
import type { Session } from '../client/session.ts';
import { timeText } from '../client/text.ts';
import type { Page } from './page-list.ts';

/** A family of a list. */
export interface FamilyRow extends FamilyLineBody {
  /** What its owner is called; the id where that is not known. */
  readonly ownerName: string;
}

export type FamilyVersion = FamilyBody['versions'][number];

/** A family with the names of all that it is about. */
export interface SeenFamily {
  readonly family: FamilyBody;
  /** Undefined for none, or one that the project does not see. */
  readonly current: CurrentBody | undefined;
  readonly imageNames: ReadonlyMap<string, string>;
  readonly projectNames: ReadonlyMap<string, string>;
}

/** Rows a page. */
const limit = 200;

/** One page of the project's own families, or of those shared with it. @throws ApiError */
export async function loadFamilies(
  session: Session,
  side: 'own' | 'shared',
  marker: string | undefined,
): Promise<Page<FamilyRow>> {
  const { families, next } = await getFamilyPage(session, { side, limit, marker });
  const owners = side === 'own' ? [] : families.map(({ owner }) => owner);
  const names = await getProjectNames(session, owners);
  const rows = families.map((family) => ({
    ...family,
    ownerName: names.get(family.owner) ?? family.owner,
  }));
  return { rows, next };
}

/** A family, and what all in it is called. @throws ApiError */
export async function loadFamily(session: Session, named: FamilyNamed): Promise<SeenFamily> {
  const [family, current] = await Promise.all([
    getFamily(session, named),
    getCurrent(session, named).catch(noneFor404),
  ]);
  const projects = [family.owner, ...(family.members ?? []).map(({ id }) => id)];
  const [listed, projectNames] = await Promise.all([
    getImageNames(
      session,
      family.versions.map(({ image_id: id }) => id),
    ),
    getProjectNames(session, projects),
  ]);
  const imageNames = new Map(listed);
  // An offer that waits for an answer is in no list.
  if (current?.image.name) imageNames.set(current.image.id, current.image.name);
  return { family, current, imageNames, projectNames };
}

function noneFor404(error: unknown): undefined {
  if (error instanceof ApiError && error.status === 404) return undefined;
  throw error;
}

/** What a family says of a version, in a word; undefined for nothing. @param now milliseconds since the epoch */
export function stateOf(
  { is_current: isCurrent, deprecated_at: end }: FamilyVersion,
  now: number,
): string | undefined {
  if (end !== null && Date.parse(end) <= now) return 'deprecated';
  if (isCurrent) return 'current';
  return undefined;
}

/** From when on nobody should begin with a version, if that is to come; undefined otherwise. */
export function deprecationAhead(
  { deprecated_at: end }: FamilyVersion,
  now: number,
): string | undefined {
  return end === null || Date.parse(end) <= now ? undefined : `deprecated from ${timeText(end)}`;
}
