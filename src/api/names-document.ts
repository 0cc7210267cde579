import { DomainError } from '../domain/errors.ts';
import { label } from './schemas.ts';

/** An id with its name; null where it is not known, or not for this caller. */
export interface NamedDocument {
  readonly id: string;
  readonly name: string | null;
}

/** What projects and users are called, as the wire has it. */
export interface NamesDocument {
  readonly projects: readonly NamedDocument[];
  readonly users: readonly NamedDocument[];
}

/** How many ids one request may ask about. */
const maxNames = 100;

/** No member id is longer, and no id that an identity service gives. */
const maxIdLength = 255;

/** Reads `?project=ID&project=ID&user=ID`. @throws DomainError `InvalidRequest`, naming the parameter */
export function parseNamesQuery(query: URLSearchParams): {
  readonly projects: readonly string[];
  readonly users: readonly string[];
} {
  const ids: Record<string, string[]> = { project: [], user: [] };
  for (const [name, id] of query) {
    const list = Object.hasOwn(ids, name) ? ids[name] : undefined;
    if (!list) throw invalid(`${label(name)}: is no parameter; project and user are.`);
    if (id === '' || id.length > maxIdLength) {
      throw invalid(`${name}: an id of 1 to ${maxIdLength} characters is wanted.`);
    }
    list.push(id);
  }
  const { project: projects = [], user: users = [] } = ids;
  const count = projects.length + users.length;
  if (count === 0) throw invalid('project: at least one id is wanted.');
  if (count > maxNames) throw invalid(`project: at most ${maxNames} ids are taken, not ${count}.`);
  return { projects, users };
}

interface Named {
  readonly id: string;
  readonly name: string | undefined;
}

/** Writes ids with their names. */
export function namesDocument(found: {
  readonly projects: readonly Named[];
  readonly users: readonly Named[];
}): NamesDocument {
  return { projects: found.projects.map(document), users: found.users.map(document) };
}

function document({ id, name }: Named): NamedDocument {
  return { id, name: name ?? null };
}

function invalid(message: string): DomainError {
  return new DomainError('InvalidRequest', message);
}
