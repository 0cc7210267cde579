import type { Database } from '../database/database.ts';
import { listPartners } from '../database/members.ts';
import type { Caller } from '../domain/caller.ts';
import { knowsName } from '../domain/name.ts';
import type { Directory } from '../identity/directory.ts';
import { nameCache } from './name-cache.ts';

export interface NamesOptions {
  readonly database: Database;
  readonly directory: Directory;
  /** Milliseconds for which a name holds at most; 0 asks each time. */
  readonly cacheTime: number;
}

/** Ids of projects and of users. */
export interface NamedIds {
  readonly projects: readonly string[];
  readonly users: readonly string[];
}

/** An id with its name, where the caller may learn it and it is known. */
export interface NamedId {
  readonly id: string;
  readonly name: string | undefined;
}

/** What projects and users are called, for people to read. */
export interface Names {
  /**
   * Each id once, in the order asked. What the caller may not learn is as unknown as what is not there, and
   * nobody is asked about it. Names that are not known within a third of a second are left out.
   */
  find(
    caller: Caller,
    asked: NamedIds,
  ): Promise<{ readonly projects: readonly NamedId[]; readonly users: readonly NamedId[] }>;
  /** The names of projects that the caller is told of anyway, as those that share with it are. */
  ofProjects(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** The names of those of these projects that the caller may learn. */
  ofPartners(ids: readonly string[], caller: Caller): Promise<ReadonlyMap<string, string>>;
}

export function namesService({ database, directory, cacheTime }: NamesOptions): Names {
  const now = Date.now;
  const projects = nameCache({ ask: (ids) => directory.projectNames(ids), cacheTime, now });
  const users = nameCache({ ask: (ids) => directory.userNames(ids), cacheTime, now });

  async function knownProjects(caller: Caller, ids: readonly string[]): Promise<string[]> {
    const others = ids.filter((id) => !knowsName(caller, 'project', id));
    const partners = await listPartners(database.read, others, caller.projectId);
    return ids.filter((id) => knowsName(caller, 'project', id) || partners.has(id));
  }

  return {
    ofProjects: (ids) => projects.namesOf(ids.filter((id) => id !== '')),

    ofPartners: async (ids, caller) => projects.namesOf(await knownProjects(caller, ids)),

    async find(caller, asked) {
      const knownUsers = asked.users.filter((id) => knowsName(caller, 'user', id));
      const [projectNames, userNames] = await Promise.all([
        projects.namesOf(await knownProjects(caller, asked.projects)),
        users.namesOf(knownUsers),
      ]);
      return {
        projects: withNames(asked.projects, projectNames),
        users: withNames(asked.users, userNames),
      };
    },
  };
}

function withNames(ids: readonly string[], names: ReadonlyMap<string, string>): NamedId[] {
  return [...new Set(ids)].map((id) => ({ id, name: names.get(id) }));
}
