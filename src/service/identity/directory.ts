import type { Connection } from '../../database/database.ts';
import { findProject, listProjects } from '../../database/projects.ts';
import { findUser } from '../../database/users.ts';
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
  };
}

function known({
  id,
  domainId,
  name,
  enabled,
}: KnownProject & KnownUser): KnownProject & KnownUser {
  return { id, domainId, name, enabled };
}
