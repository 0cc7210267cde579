import { Command } from 'commander';
import { getProject } from '../client/projects.ts';
import {
  getRole,
  giveRole,
  listRoleAssignments,
  listRoles,
  type RoleAssignmentDocument,
  takeRole,
} from '../client/roles.ts';
import type { Session } from '../client/session.ts';
import { getUser } from '../client/users.ts';
import { type CommonOptions, openContext, withCommonOptions } from './command-context.ts';
import { CommandError } from './command-error.ts';

interface PlaceOptions extends CommonOptions {
  readonly user: string;
  readonly project?: string;
  readonly system?: boolean;
}

interface FilterOptions extends CommonOptions {
  readonly user?: string;
  readonly project?: string;
}

/** `vitrine role …`: who may do what where. */
export function roleCommands(): Command {
  const role = new Command('role').description('manage roles');

  withCommonOptions(role.command('list'))
    .description('list the roles')
    .action(async (options: CommonOptions) => {
      const { session, output } = openContext(options);
      const roles = (await listRoles(session)).map(({ id, name }) => ({ id, name }));
      output.table(roles, ['id', 'name']);
    });

  withPlaceOptions(role.command('add <role>'))
    .description('give a user a role in a project')
    .action(async (name: string, options: PlaceOptions) => {
      const { session, output } = openContext(options);
      await giveRole(session, await grantOf(session, name, options));
      output.done(`${options.user} is ${name} ${placeName(options)}.`);
    });

  withPlaceOptions(role.command('remove <role>'))
    .description('take a role away; it counts at once')
    .action(async (name: string, options: PlaceOptions) => {
      const { session, output } = openContext(options);
      await takeRole(session, await grantOf(session, name, options));
      output.done(`${options.user} is no longer ${name} ${placeName(options)}.`);
    });

  withCommonOptions(role.command('assignments'))
    .description('list who holds which role where')
    .option('--user <user>', 'only of this user')
    .option('--project <project>', 'only in this project')
    .action(async (options: FilterOptions) => {
      const { session, output } = openContext(options);
      const { user, project } = options;
      const assignments = await listRoleAssignments(session, {
        ...(user !== undefined && { userId: (await getUser(session, user)).id }),
        ...(project !== undefined && { projectId: (await getProject(session, project)).id }),
      });
      output.table(assignments.map(shownAssignment), ['user', 'role', 'project', 'scope']);
    });

  return role;
}

function withPlaceOptions(command: Command): Command {
  return withCommonOptions(command)
    .requiredOption('--user <user>', 'the user, by name or id')
    .option('--project <project>', 'the project, by name or id')
    .option('--system', 'on the whole system instead of a project');
}

async function grantOf(session: Session, role: string, { user, project, system }: PlaceOptions) {
  if ((project === undefined) === (system === undefined)) {
    throw new CommandError('Name one place: --project <project> or --system.');
  }
  const { id: roleId } = await getRole(session, role);
  const { id: userId } = await getUser(session, user);
  if (project === undefined) return { roleId, userId };
  const { id: projectId } = await getProject(session, project);
  return { roleId, userId, projectId };
}

function placeName({ project }: PlaceOptions): string {
  return project === undefined ? 'on the whole system' : `in ${project}`;
}

function shownAssignment({ user, role, scope }: RoleAssignmentDocument) {
  const kind = scope.project ? 'project' : scope.domain ? 'domain' : 'system';
  return { user: user.name, role: role.name, project: scope.project?.name ?? null, scope: kind };
}
