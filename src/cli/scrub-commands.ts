import { Command } from 'commander';
import { getScrub } from '../client/scrub.ts';
import { type CommonOptions, openContext, withCommonOptions } from './command-context.ts';

/** `vitrine scrub …`: whether the data of images still is what was uploaded. */
export function scrubCommands(): Command {
  const scrub = new Command('scrub').description('see how the data of images is');

  withCommonOptions(scrub.command('status'))
    .description('show when data was last looked at, and which is damaged')
    .action(async (options: CommonOptions) => {
      const { session, output } = openContext(options);
      const { damaged, ...status } = await getScrub(session);
      output.fields({
        ...status,
        damaged: damaged.map(({ image_id: id, position }) => `${id} at ${position}`).join(', '),
      });
    });

  return scrub;
}
