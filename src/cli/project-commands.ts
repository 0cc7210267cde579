import { Command } from 'commander';
import {
  createProject,
  deleteProject,
  getProject,
  listProjects,
  type ProjectDocument,
  updateProject,
} from '../client/projects.ts';
import { type CommonOptions, openContext, withCommonOptions } from './command-context.ts';

/** `vitrine project …`: the projects that own images and share them. */
export function projectCommands(): Command {
  const project = new Command('project').description('manage projects');

  withCommonOptions(project.command('create <name>'))
    .description('make a project')
    .option('--description <text>', 'what it is for', '')
    .action(async (name: string, options: CommonOptions & { readonly description: string }) => {
      const { session, output } = openContext(options);
      const { description } = options;
      output.fields(shownProject(await createProject(session, { name, description })));
    });

  withCommonOptions(project.command('list'))
    .description('list the projects that you may see')
    .action(async (options: CommonOptions) => {
      const { session, output } = openContext(options);
      const projects = (await listProjects(session)).map(shownProject);
      output.table(projects, ['id', 'name', 'enabled', 'description']);
    });

  withCommonOptions(project.command('show <project>'))
    .description('show a project, by name or id')
    .action(async (nameOrId: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      output.fields(shownProject(await getProject(session, nameOrId)));
    });

  for (const enabled of [true, false]) {
    withCommonOptions(project.command(`${enabled ? 'enable' : 'disable'} <project>`))
      .description(enabled ? 'let a project be used again' : 'stop every token for a project')
      .action(async (nameOrId: string, options: CommonOptions) => {
        const { session, output } = openContext(options);
        const { id } = await getProject(session, nameOrId);
        output.fields(shownProject(await updateProject(session, id, { enabled })));
      });
  }

  withCommonOptions(project.command('delete <project>'))
    .description('remove a project and the roles in it; its images stay')
    .action(async (nameOrId: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      const { id, name } = await getProject(session, nameOrId);
      await deleteProject(session, id);
      output.done(`Project ${name} (${id}) is removed.`);
    });

  return project;
}

function shownProject({ id, name, enabled, description, domain_id }: ProjectDocument) {
  return { id, name, enabled, description, domain_id };
}
