import { Command } from 'commander';
import { listShares, putShare, type ShareBody, withdrawShare } from '../client/sharing.ts';
import { type CommonOptions, openContext, withCommonOptions } from './command-context.ts';
import { expiryOf } from './expiry.ts';
import { imageIdOf } from './image-argument.ts';
import { addShareLogCommands } from './share-log-commands.ts';

interface TermsOptions extends CommonOptions {
  readonly note?: string;
  readonly until?: string;
}

interface WithdrawOptions extends CommonOptions {
  readonly in: string;
  readonly reason?: string;
}

/** `vitrine share …`: whom images are shared with, and what is said of it. */
export function shareCommands(): Command {
  const share = new Command('share').description('share images with other projects');

  withCommonOptions(share.command('set <image> <project>'))
    .description('share an image with a project, or say something else of the share')
    .option('--note <text>', 'what the project reads beside the offer')
    .option('--until <time>', 'when the share ends: a time, or how long from now, such as 30d')
    .action(async (image: string, project: string, options: TermsOptions) => {
      const expires_at = options.until && expiryOf(options.until, Date.now()).toISOString();
      const { session, output } = openContext(options);
      const imageId = await imageIdOf(session, image);
      const terms = { note: options.note ?? null, expires_at: expires_at ?? null };
      output.fields(rowOf(await putShare(session, { imageId, project }, terms)));
    });

  withCommonOptions(share.command('list <image>'))
    .description('list whom an image is shared with, what they answered and what is said of it')
    .action(async (image: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      const shares = await listShares(session, await imageIdOf(session, image));
      const columns = [
        ...['project', 'project_id', 'status', 'since', 'until'],
        ...['downloads', 'last_download', 'note'],
      ];
      output.table(shares.map(rowOf), columns);
    });

  withCommonOptions(share.command('withdraw <image> <project>'))
    .description('say when a share will be withdrawn, and why; until then it holds')
    .requiredOption('--in <time>', 'when: a time, or how long from now, such as 7d')
    .option('--reason <text>', 'why')
    .action(async (image: string, project: string, options: WithdrawOptions) => {
      const at = expiryOf(options.in, Date.now()).toISOString();
      const { session, output } = openContext(options);
      const imageId = await imageIdOf(session, image);
      const announced = { at, reason: options.reason ?? '' };
      output.fields(rowOf(await withdrawShare(session, { imageId, project }, announced)));
    });

  addShareLogCommands(share);
  return share;
}

function rowOf({ member, status, offered_at, expires_at, note, downloads }: ShareBody) {
  return {
    project: member.name,
    project_id: member.id,
    status,
    since: offered_at,
    until: expires_at,
    downloads: downloads?.count,
    last_download: downloads?.last_at,
    note,
  };
}
