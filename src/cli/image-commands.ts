import { Command } from 'commander';
import { restoreImage } from '../client/images.ts';
import { type CommonOptions, openContext, withCommonOptions } from './command-context.ts';

/** `vitrine image …`: what operators do to images beside the Images API. */
export function imageCommands(): Command {
  const image = new Command('image').description('look after images');

  withCommonOptions(image.command('restore <id>'))
    .description('bring a deleted image back, while its data is kept (delayed_delete)')
    .action(async (id: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      const { name, status, owner } = await restoreImage(session, id);
      output.fields({ id, name, status, owner });
    });

  return image;
}
