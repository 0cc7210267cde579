import { Command } from 'commander';
import {
  listReaders,
  listShares,
  previewWithdrawal,
  putShare,
  type ShareBody,
  withdrawShare,
  withdrawShares,
} from '../client/sharing.ts';
import { type CommonOptions, openContext, withCommonOptions } from './command-context.ts';
import { expiryOf } from './expiry.ts';
import { imageIdOf } from './image-argument.ts';
import type { Output } from './output.ts';
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

  withCommonOptions(share.command('readers <image>'))
    .description('list who can read an image, by which rule, and when they last did')
    .action(async (image: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      const rows = (await listReaders(session, await imageIdOf(session, image))).map((reader) => ({
        rule: reader.rule,
        project: reader.project?.name ?? reader.project?.id,
        status: reader.status,
        listed: reader.is_listed,
        by: reader.by.join(', ') || null,
        until: reader.expires_at,
        last_download: reader.last_download_at,
      }));
      const columns = ['rule', 'project', 'status', 'listed', 'by', 'until', 'last_download'];
      output.table(rows, columns);
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

  addWithdrawAll(share);
  addShareLogCommands(share);
  return share;
}

interface WithdrawAllOptions extends CommonOptions {
  readonly image?: readonly string[];
  readonly project?: readonly string[];
  readonly everything?: boolean;
  readonly dryRun?: boolean;
  readonly in?: string;
  readonly reason?: string;
}

function addWithdrawAll(share: Command): void {
  withCommonOptions(share.command('withdraw-all'))
    .description('withdraw the shares of images, with projects, or all there are')
    .option('--image <image...>', 'of these images')
    .option('--project <project...>', 'with these projects')
    .option('--everything', 'of all images with all projects')
    .option('--in <time>', 'when: a time, or how long from now, such as 7d; now, by default')
    .option('--reason <text>', 'why')
    .option('--dry-run', 'only list who would lose what')
    .action(async (options: WithdrawAllOptions) => {
      const { session, output } = openContext(options);
      const images = await Promise.all((options.image ?? []).map((one) => imageIdOf(session, one)));
      const withdrawal = {
        ...(options.image && { images }),
        ...(options.project && { members: options.project }),
        ...(options.everything && { all: true }),
        at: options.in === undefined ? null : expiryOf(options.in, Date.now()).toISOString(),
        reason: options.reason ?? '',
      };
      if (options.dryRun) return listHit(output, await previewWithdrawal(session, withdrawal));
      const count = await withdrawShares(session, withdrawal);
      output.done(`${count} shares are withdrawn.`);
    });
}

function listHit(
  output: Output,
  { shares, more }: Awaited<ReturnType<typeof previewWithdrawal>>,
): void {
  const rows = shares.map((share) => ({ image: share.image_id, ...rowOf(share) }));
  output.table(rows, ['image', 'project', 'status', 'since', 'downloads', 'last_download']);
  if (more) output.done('There are more than these 500.');
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
