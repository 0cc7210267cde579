import { Command } from 'commander';
import { ApiError } from '../client/api-error.ts';
import { restoreImage } from '../client/images.ts';
import { listMembers } from '../client/members.ts';
import { getProjectNames } from '../client/names.ts';
import type { Session } from '../client/session.ts';
import { type CommonOptions, openContext, withCommonOptions } from './command-context.ts';
import { addDeleteCommand } from './image-delete-command.ts';
import { addUploadCommand } from './upload-command.ts';

/** `vitrine image …`: what operators do to images beside the Images API. */
export function imageCommands(): Command {
  const image = new Command('image').description('look after images');

  withCommonOptions(image.command('members <id>'))
    .description('list whom an image is shared with, by id and name')
    .action(async (id: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      const members = await listMembers(session, id);
      const names = await namesOf(
        session,
        members.map(({ member_id }) => member_id),
      );
      const rows = members.map(({ member_id, status, updated_at }) => ({
        project: names.get(member_id) ?? null,
        project_id: member_id,
        status,
        updated_at,
      }));
      output.table(rows, ['project', 'project_id', 'status', 'updated_at']);
    });

  withCommonOptions(image.command('restore <id>'))
    .description('bring a deleted image back, while its data is kept (delayed_delete)')
    .action(async (id: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      const { name, status, owner } = await restoreImage(session, id);
      const names = await namesOf(session, owner === null ? [] : [owner]);
      output.fields({ id, name, status, owner, owner_name: names.get(owner ?? '') ?? null });
    });

  addUploadCommand(image);
  addDeleteCommand(image);
  return image;
}

/** Names are a nicety: what was asked for is shown without them too. */
async function namesOf(session: Session, ids: readonly string[]) {
  try {
    return await getProjectNames(session, ids);
  } catch (error) {
    if (error instanceof ApiError) return new Map<string, string>();
    throw error;
  }
}
