import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Domain, Project } from '../domain/project.ts';
import type { Connection } from './database.ts';
import { jsonTexts } from './dialect.ts';
import type { DomainRow, ProjectRow } from './identity-tables.ts';
import { prepared } from './prepared.ts';

/** The project of that id, or undefined. */
export async function findProject(db: Connection, id: string): Promise<Project | undefined> {
  const row = await db.selectFrom('projects').selectAll().where('id', '=', id).executeTakeFirst();
  return row && projectFromRow(row);
}

const selectNames = prepared<{ ids: string }, { id: string; name: string }>((db, value) =>
  db
    .selectFrom('projects')
    .select(['id', 'name'])
    .where('id', 'in', sql<string>`(select value from ${jsonTexts(db, sql.val(value('ids')))})`),
);

/** The names of these projects, as far as there are any. */
export async function listProjectNames(
  db: Connection,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await selectNames(db, { ids: JSON.stringify(ids) });
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** What a list of projects is narrowed to; what is left out does not narrow. */
export interface ProjectFilter {
  readonly name?: string | undefined;
  readonly domainId?: string | undefined;
  readonly enabled?: boolean | undefined;
  /** Only projects where this user holds a role. */
  readonly userId?: string | undefined;
}

/** Projects by name. */
export async function listProjects(db: Connection, filter: ProjectFilter): Promise<Project[]> {
  const { name, domainId, enabled, userId } = filter;
  let query = db.selectFrom('projects').selectAll();
  if (name !== undefined) query = query.where('name', '=', name);
  if (domainId !== undefined) query = query.where('domain_id', '=', domainId);
  if (enabled !== undefined) query = query.where('enabled', '=', Number(enabled));
  if (userId !== undefined) {
    query = query.where('id', 'in', (eb) =>
      eb
        .selectFrom('role_assignments')
        .select((of) => of.ref('role_assignments.project_id').$notNull().as('id'))
        .where('user_id', '=', userId)
        .where('project_id', 'is not', null),
    );
  }
  const rows = await query.orderBy('name').orderBy('id').execute();
  return rows.map(projectFromRow);
}

/** Adds a project. */
export async function insertProject(db: Connection, project: Project): Promise<void> {
  await db.insertInto('projects').values(rowFromProject(project)).execute();
}

/** Replaces what is known of a project; its id stays. */
export async function updateProject(db: Connection, project: Project): Promise<void> {
  const row: Updateable<ProjectRow> = rowFromProject(project);
  await db.updateTable('projects').set(row).where('id', '=', project.id).execute();
}

/** Removes a project with the roles and application credentials in it. */
export async function deleteProject(db: Connection, id: string): Promise<void> {
  await db.deleteFrom('projects').where('id', '=', id).execute();
}

/** The domain of that id, or undefined. */
export async function findDomain(db: Connection, id: string): Promise<Domain | undefined> {
  const row = await db.selectFrom('domains').selectAll().where('id', '=', id).executeTakeFirst();
  return row && domainFromRow(row);
}

/** Domains by name. */
export async function listDomains(db: Connection): Promise<Domain[]> {
  const rows = await db.selectFrom('domains').selectAll().orderBy('name').execute();
  return rows.map(domainFromRow);
}

/** Adds a domain. */
export async function insertDomain(db: Connection, domain: Domain): Promise<void> {
  await db
    .insertInto('domains')
    .values({ ...domain, enabled: Number(domain.enabled) })
    .execute();
}

function projectFromRow(row: Selectable<ProjectRow>): Project {
  const { id, name, description } = row;
  return { id, domainId: row.domain_id, name, description, enabled: row.enabled === 1 };
}

function rowFromProject(project: Project): Insertable<ProjectRow> {
  const { id, domainId, name, description, enabled } = project;
  return { id, domain_id: domainId, name, description, enabled: Number(enabled) };
}

function domainFromRow(row: Selectable<DomainRow>): Domain {
  return { ...row, enabled: row.enabled === 1 };
}
