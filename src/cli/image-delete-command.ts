import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { deleteImage } from '../client/images.ts';
import type { Session } from '../client/session.ts';
import { listReaders } from '../client/sharing.ts';
import { type CommonOptions, openContext, withCommonOptions } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { imageIdOf } from './image-argument.ts';

interface DeleteOptions extends CommonOptions {
  readonly yes?: boolean;
}

/** Adds `vitrine image delete`, which says who loses the image before it is gone. */
export function addDeleteCommand(image: Command): void {
  withCommonOptions(image.command('delete <image>'))
    .description('show who has an image by a share, and delete it')
    .option('--yes', 'without asking')
    .action(async (given: string, options: DeleteOptions) => {
      const { session, output } = openContext(options);
      const id = await imageIdOf(session, given);
      const rows = await membersOf(session, id);
      if (rows.length > 0 || options.json) {
        output.table(rows, ['project', 'project_id', 'status', 'by', 'downloads', 'last_download']);
      }
      if (!options.yes) await confirm(given, rows.length);
      await deleteImage(session, id);
      output.done(`${given} is deleted.`);
    });
}

async function membersOf(session: Session, imageId: string) {
  const readers = await listReaders(session, imageId);
  return readers
    .filter(({ rule }) => rule === 'member')
    .map(({ project, status, by, downloads, last_download_at }) => ({
      project: project?.name,
      project_id: project?.id,
      status,
      by: by.join(', ') || null,
      downloads,
      last_download: last_download_at,
    }));
}

/** @throws CommandError for any other answer than yes, and where nobody can be asked */
async function confirm(image: string, members: number): Promise<void> {
  const hit = members === 0 ? 'It is shared with nobody' : `Projects that lose it: ${members}`;
  if (!process.stdin.isTTY) {
    throw new CommandError(`Nothing is deleted. ${hit}: with --yes ${image} is deleted.`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${hit}. Delete ${image}? [y/N] `);
  terminal.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError('Nothing is deleted.');
}
