import type { Connection } from '../../database/database.ts';
import { findProject, listProjectNames, listProjects } from '../../database/projects.ts';
import { findUser, listUserNames } from '../../database/users.ts';
import type { Directory, KnownProject, KnownUser } from '../../identity/directory.ts';

/** Names of projects and users as the embedded identity service has them. */
export function openDirectory(db: Connection): Directory {
  return {
    async projectById(id) {
      const project = await findProject(db, id);
      return project && known(project);
    },
    async projectsByName(name, domainId) {
      return (await listProjects(db, { name, domainId })).map(known);
    },
    async userById(id) {
      const user = await findUser(db, id);
      return user && known(user);
    },
    projectNames: (ids) => oneByOne(ids, () => listProjectNames(db, ids)),
    userNames: (ids) => oneByOne(ids, () => listUserNames(db, ids)),
  };
}

/** Of one query the answer to each id; of none no query, whose failure nobody would wait for. */
function oneByOne(
  ids: readonly string[],
  ask: () => Promise<ReadonlyMap<string, string>>,
): readonly Promise<string | undefined>[] {
  if (ids.length === 0) return [];
  const names = ask();
  return ids.map(async (id) => (await names).get(id));
}

function known({
  id,
  domainId,
  name,
  enabled,
}: KnownProject & KnownUser): KnownProject & KnownUser {
  return { id, domainId, name, enabled };
}
