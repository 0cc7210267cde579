import type { Command } from 'commander';
import { getShareLog, verifyShareLog } from '../client/share-log.ts';
import { type CommonOptions, openContext, withCommonOptions } from './command-context.ts';
import { imageIdOf } from './image-argument.ts';

/** Adds `vitrine share log` and `vitrine share verify`. */
export function addShareLogCommands(share: Command): void {
  withCommonOptions(share.command('log <image>'))
    .description('show what happened to the shares of an image')
    .action(async (image: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      const { lines } = await getShareLog(session, await imageIdOf(session, image));
      const rows = lines.map(({ number, at, kind, project, by_project, details }) => ({
        number,
        at,
        kind,
        project,
        by: by_project,
        details: JSON.stringify(details),
      }));
      output.table(rows, ['number', 'at', 'kind', 'project', 'by', 'details']);
    });

  withCommonOptions(share.command('verify <image>'))
    .description('compute the hashes of the share log anew, and follow their chain')
    .option(
      '--head <hash>',
      'the hash that an earlier check has printed: it must be in the log still',
    )
    .action(async (image: string, options: CommonOptions & { readonly head?: string }) => {
      const { session, output } = openContext(options);
      const id = await imageIdOf(session, image);
      const log = await getShareLog(session, id);
      const fault = await verifyShareLog(id, log, options.head);
      if (fault) throw new Error(`Line ${fault.number} of the log is wrong: ${fault.what}.`);
      const head = log.lines.at(-1)?.hash ?? null;
      output.fields({ image: id, lines: log.lines.length, whole: log.isWhole, head });
    });
}
