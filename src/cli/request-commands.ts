import { Command } from 'commander';
import {
  approveRequest,
  askForImage,
  declineRequest,
  listCatalogue,
  listInCatalogue,
  listRequests,
  type RequestBody,
  removeFromCatalogue,
  withdrawRequest,
} from '../client/access.ts';
import { type CommonOptions, openContext, withCommonOptions } from './command-context.ts';
import { imageIdOf } from './image-argument.ts';

/** `vitrine request …`: asking for images of others, and answering who asks. */
export function requestCommands(): Command {
  const request = new Command('request').description('ask for images, and answer who asks');

  withCommonOptions(request.command('make <image-id>'))
    .description('ask for an image by its id')
    .requiredOption('--reason <text>', 'what you want it for')
    .action(async (id: string, options: CommonOptions & { readonly reason: string }) => {
      const { session, output } = openContext(options);
      output.fields(rowOf(await askForImage(session, id, options.reason)));
    });

  withCommonOptions(request.command('list'))
    .description('list your requests, or those that wait for your answer')
    .option('--received', 'those that wait for your answer')
    .action(async (options: CommonOptions & { readonly received?: boolean }) => {
      const { session, output } = openContext(options);
      const found = await listRequests(session, options.received ? 'received' : 'made');
      output.table(found.map(rowOf), [
        'id',
        'image',
        'project',
        'state',
        'since',
        'reason',
        'word',
      ]);
    });

  withCommonOptions(request.command('approve <id>'))
    .description('share the image with the project that asked')
    .option('--note <text>', 'a word to the project')
    .action(async (id: string, options: CommonOptions & { readonly note?: string }) => {
      const { session, output } = openContext(options);
      output.fields(rowOf(await approveRequest(session, id, { note: options.note ?? null })));
    });

  withCommonOptions(request.command('decline <id>'))
    .description('say no')
    .option('--word <text>', 'why')
    .action(async (id: string, options: CommonOptions & { readonly word?: string }) => {
      const { session, output } = openContext(options);
      output.fields(rowOf(await declineRequest(session, id, options.word ?? null)));
    });

  withCommonOptions(request.command('withdraw <id>'))
    .description('take your request back')
    .action(async (id: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      await withdrawRequest(session, id);
      output.done('The request is taken back.');
    });

  return request;
}

/** `vitrine catalogue …`: images that everybody may ask for. */
export function catalogueCommands(): Command {
  const catalogue = new Command('catalogue').description('images that can be asked for');

  withCommonOptions(catalogue.command('list', { isDefault: true }))
    .description('list what can be asked for')
    .action(async (options: CommonOptions) => {
      const { session, output } = openContext(options);
      const rows = (await listCatalogue(session)).map(
        ({ image, producer, summary, listed_at }) => ({
          image: image.id,
          name: image.name,
          producer: producer.name ?? producer.id,
          size: image.size,
          since: listed_at,
          summary,
        }),
      );
      output.table(rows, ['image', 'name', 'producer', 'size', 'since', 'summary']);
    });

  withCommonOptions(catalogue.command('add <image>'))
    .description('list an image for everybody to find and to ask for')
    .option('--summary <text>', 'what it is')
    .action(async (image: string, options: CommonOptions & { readonly summary?: string }) => {
      const { session, output } = openContext(options);
      await listInCatalogue(session, await imageIdOf(session, image), options.summary ?? null);
      output.done(`${image} can be asked for.`);
    });

  withCommonOptions(catalogue.command('remove <image>'))
    .description('list an image no more')
    .action(async (image: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      await removeFromCatalogue(session, await imageIdOf(session, image));
      output.done(`${image} is listed no more.`);
    });

  return catalogue;
}

function rowOf({ id, image_id, project, reason, state, word, created_at }: RequestBody) {
  return {
    id,
    image: image_id,
    project: project.name ?? project.id,
    state,
    since: created_at,
    reason,
    word,
  };
}
