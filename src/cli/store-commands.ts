import { Command } from 'commander';
import { ApiError } from '../client/api-error.ts';
import { getImage, type ImageBody, listImages } from '../client/images.ts';
import type { Session } from '../client/session.ts';
import { CopyError, copyToStore, listStores, removeFromStore, storesOf } from '../client/stores.ts';
import { type CommonOptions, openContext, withCommonOptions } from './command-context.ts';
import { CommandError } from './command-error.ts';

/** @throws CommandError where there is but one store; else what it is given */
function tellOfOne(error: unknown): never {
  if (!(error instanceof ApiError && error.status === 404)) throw error;
  throw new CommandError(
    'This service has one store. The setting `stores` names several: docs/stores.md.',
  );
}

/** `vitrine store …`: where the data of images is. */
export function storeCommands(): Command {
  const store = new Command('store').description('manage in which stores images have copies');

  withCommonOptions(store.command('list'))
    .description('list the stores of the service')
    .action(async (options: CommonOptions) => {
      const { session, output } = openContext(options);
      const rows = (await listStores(session).catch(tellOfOne)).map((one) => ({
        id: one.id,
        type: one.type,
        weight: one.weight,
        default: one.default === 'true',
        description: one.description,
      }));
      output.table(rows, ['id', 'type', 'weight', 'default', 'description']);
    });

  withCommonOptions(store.command('copy <from> <to> [image...]'))
    .description('copy images from one store to another: the named ones, or all')
    .action((from: string, to: string, images: readonly string[], options: CommonOptions) =>
      bring({ from, to, images, options, isMove: false }),
    );

  withCommonOptions(store.command('move <from> <to> [image...]'))
    .description('copy images to another store, and remove each from the first once that is done')
    .action((from: string, to: string, images: readonly string[], options: CommonOptions) =>
      bring({ from, to, images, options, isMove: true }),
    );

  return store;
}

interface Order {
  readonly from: string;
  readonly to: string;
  /** Ids; none for all images that have a copy in `from`. */
  readonly images: readonly string[];
  readonly options: CommonOptions;
  readonly isMove: boolean;
}

/** What was done can be done again: images that are where they should be are passed over. */
async function bring({ from, to, images, options, isMove }: Order): Promise<void> {
  const { session, output } = openContext(options);
  const found = await imagesIn(session, from, images);
  const waiting = found.filter((image) => isMove || !storesOf(image).includes(to));
  let failed = 0;
  for (const [index, image] of waiting.entries()) {
    const place = `${index + 1} of ${waiting.length}, ${image.id}`;
    try {
      if (!storesOf(image).includes(to)) {
        const onProgress = (message: string) => process.stderr.write(`${place}: ${message}\n`);
        await copyToStore(session, image.id, to, { onProgress });
      }
      if (isMove) await removeFromStore(session, image.id, from);
      output.done(`${place}: ${isMove ? 'moved' : 'copied'} to ${to}`);
    } catch (cause) {
      if (!(cause instanceof ApiError || cause instanceof CopyError)) throw cause;
      failed += 1;
      console.error(`${place}: ${cause.message}`);
    }
  }
  if (failed > 0)
    throw new Error(`${failed} of ${waiting.length} images could not be brought to ${to}.`);
}

/** Active images that have a copy in a store, hidden ones too. */
async function imagesIn(
  session: Session,
  store: string,
  ids: readonly string[],
): Promise<readonly ImageBody[]> {
  if (ids.length > 0) return await Promise.all(ids.map((id) => getImage(session, id)));
  const found: ImageBody[] = [];
  for (const hidden of ['false', 'true']) {
    const query = { status: 'active', visibility: 'all', os_hidden: hidden, limit: '1000' };
    for await (const image of listImages(session, query)) {
      if (storesOf(image).includes(store)) found.push(image);
    }
  }
  return found;
}
