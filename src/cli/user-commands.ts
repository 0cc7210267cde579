import { Command } from 'commander';
import { getProject } from '../client/projects.ts';
import { getRole, giveRole } from '../client/roles.ts';
import type { Session } from '../client/session.ts';
import {
  changeOwnPassword,
  createUser,
  deleteUser,
  getUser,
  listUsers,
  type UserDocument,
  updateUser,
} from '../client/users.ts';
import { type CommonOptions, openContext, withCommonOptions } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { newPassword, type PasswordOptions, withPasswordOptions } from './password-input.ts';

interface CreateOptions extends CommonOptions, PasswordOptions {
  readonly email?: string;
  readonly project?: string;
  readonly role: string;
}

/** `vitrine user …`: who can log in. */
export function userCommands(): Command {
  const user = new Command('user').description('manage users');
  addCreate(user);
  addSetPassword(user);
  addOwnPassword(user);
  addUnlock(user);

  withCommonOptions(user.command('list'))
    .description('list the users')
    .action(async (options: CommonOptions) => {
      const { session, output } = openContext(options);
      const users = (await listUsers(session)).map(shownUser);
      output.table(users, ['id', 'name', 'enabled', 'email']);
    });

  withCommonOptions(user.command('show <user>'))
    .description('show a user, by name or id')
    .action(async (nameOrId: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      output.fields(shownUser(await getUser(session, nameOrId)));
    });

  for (const enabled of [true, false]) {
    withCommonOptions(user.command(`${enabled ? 'enable' : 'disable'} <user>`))
      .description(enabled ? 'let a user log in again' : 'stop a user and all its tokens at once')
      .action(async (nameOrId: string, options: CommonOptions) => {
        const { session, output } = openContext(options);
        const { id } = await getUser(session, nameOrId);
        output.fields(shownUser(await updateUser(session, id, { enabled })));
      });
  }

  withCommonOptions(user.command('delete <user>'))
    .description('remove a user')
    .action(async (nameOrId: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      const { id, name } = await getUser(session, nameOrId);
      await deleteUser(session, id);
      output.done(`User ${name} (${id}) is removed.`);
    });

  return user;
}

function addCreate(user: Command): void {
  withPasswordOptions(withCommonOptions(user.command('create <name>')))
    .description('make a user, and let it into a project')
    .option('--email <address>', 'where to reach it')
    .option('--project <project>', 'the project that it works in, by name or id')
    .option('--role <role>', 'its role in that project', 'member')
    .action(async (name: string, options: CreateOptions) => {
      const { session, output } = openContext(options);
      const place = await placeOf(session, options);
      const { password, isGenerated } = await newPassword(options);
      const { email } = options;
      const made = await createUser(session, {
        name,
        password,
        ...(email !== undefined && { email }),
        ...(place && { default_project_id: place.projectId }),
      });
      if (place) await giveRole(session, { ...place, userId: made.id });
      output.fields({ ...shownUser(made), ...(isGenerated && { password }) });
    });
}

function addSetPassword(user: Command): void {
  withPasswordOptions(withCommonOptions(user.command('set-password <user>')))
    .description('give a user a new password; its tokens end at once')
    .action(async (nameOrId: string, options: CommonOptions & PasswordOptions) => {
      const { session, output } = openContext(options);
      const { id, name } = await getUser(session, nameOrId);
      const { password, isGenerated } = await newPassword(options);
      await updateUser(session, id, { password });
      output.done(`User ${name} has a new password; put it into its clouds.yaml.`);
      if (isGenerated) output.fields({ password });
    });
}

function addOwnPassword(user: Command): void {
  withPasswordOptions(withCommonOptions(user.command('password')))
    .description('give yourself a new password; your tokens end at once')
    .action(async (options: CommonOptions & PasswordOptions) => {
      const { session, login, output } = openContext(options);
      const { proof } = login;
      if (proof.kind !== 'password') {
        throw new CommandError(
          'Only who logs in by a password can change it: choose by --os-cloud.',
        );
      }
      const { password, isGenerated } = await newPassword(options);
      await changeOwnPassword(session, { original: proof.password, password });
      output.done('You have a new password; put it into your clouds.yaml.');
      if (isGenerated) output.fields({ password });
    });
}

function addUnlock(user: Command): void {
  withCommonOptions(user.command('unlock <user>'))
    .description('let a user log in that too many wrong passwords have locked out')
    .action(async (nameOrId: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      const { id, name, enabled } = await getUser(session, nameOrId);
      // To the identity service an enabled user that is enabled once more is unlocked.
      if (!enabled) throw new CommandError(`User ${name} is disabled. See: vitrine user enable`);
      await updateUser(session, id, { enabled });
      output.done(`User ${name} can log in again.`);
    });
}

/** The project and role of a new user, looked up before anything is made. */
async function placeOf(session: Session, { project, role }: CreateOptions) {
  if (project === undefined) return undefined;
  const { id: projectId } = await getProject(session, project);
  const { id: roleId } = await getRole(session, role);
  return { projectId, roleId };
}

function shownUser({ id, name, enabled, email, default_project_id }: UserDocument) {
  return {
    id,
    name,
    enabled,
    email: email ?? null,
    default_project_id: default_project_id ?? null,
  };
}
