import { Command } from 'commander';
import {
  addToGroup,
  deleteGroup,
  type GroupBody,
  type GroupPart,
  getGroup,
  listGroups,
  putGroup,
  removeFromGroup,
} from '../client/groups.ts';
import type { Session } from '../client/session.ts';
import { type CommonOptions, openContext, withCommonOptions } from './command-context.ts';
import { imageIdOf } from './image-argument.ts';

/** `vitrine group …`: projects that are given the same images. */
export function groupCommands(): Command {
  const group = new Command('group').description('projects that are given the same images');

  withCommonOptions(group.command('list', { isDefault: true }))
    .description('list the groups of the project')
    .action(async (options: CommonOptions) => {
      const { session, output } = openContext(options);
      const rows = (await listGroups(session)).map(({ name, note, created_at }) => ({
        name,
        note,
        since: created_at,
      }));
      output.table(rows, ['name', 'note', 'since']);
    });

  withCommonOptions(group.command('show <group>'))
    .description('show the projects and images of a group')
    .action(async (name: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      output.table(rowsOf(await getGroup(session, name)), ['kind', 'id', 'name']);
    });

  withCommonOptions(group.command('set <group>'))
    .description('make a group, or say something else of it')
    .option('--note <text>', 'what its projects read beside each offer')
    .action(async (name: string, options: CommonOptions & { readonly note?: string }) => {
      const { session, output } = openContext(options);
      await putGroup(session, name, options.note ?? null);
      output.done(`The group ${name} is there.`);
    });

  withCommonOptions(group.command('delete <group>'))
    .description('remove a group, and what its projects have by it alone')
    .action(async (name: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      await deleteGroup(session, name);
      output.done(`The group ${name} is gone.`);
    });

  addParts(group, 'project');
  addParts(group, 'image');
  return group;
}

function addParts(group: Command, what: 'project' | 'image'): void {
  const part = async (session: Session, given: string): Promise<GroupPart> =>
    what === 'project'
      ? { kind: 'members', id: given }
      : { kind: 'images', id: await imageIdOf(session, given) };

  withCommonOptions(group.command(`add-${what} <group> <${what}>`))
    .description(
      what === 'project'
        ? 'have a project join: it is offered every image of the group'
        : 'offer an image to every project of the group, and to each that joins',
    )
    .action(async (name: string, given: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      await addToGroup(session, name, await part(session, given));
      output.done(`${given} is in ${name}.`);
    });

  withCommonOptions(group.command(`remove-${what} <group> <${what}>`))
    .description(
      what === 'project'
        ? 'have a project leave: it loses what it has by the group alone'
        : 'take an image away from those who have it by the group alone',
    )
    .action(async (name: string, given: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      await removeFromGroup(session, name, await part(session, given));
      output.done(`${given} is in ${name} no more.`);
    });
}

function rowsOf({ members, images }: GroupBody) {
  return [
    ...members.map(({ id, name }) => ({ kind: 'project', id, name })),
    ...images.map((id) => ({ kind: 'image', id, name: null })),
  ];
}
