import { Command } from 'commander';
import {
  deleteFamily,
  deprecateImage,
  type FamilyBody,
  getCurrent,
  getFamily,
  listFamilies,
  promoteImage,
  rollBackFamily,
  shareFamily,
  unshareFamily,
} from '../client/families.ts';
import { type CommonOptions, openContext, withCommonOptions } from './command-context.ts';
import { expiryOf } from './expiry.ts';
import { imageIdOf } from './image-argument.ts';
import type { Output } from './output.ts';

interface OwnerOptions extends CommonOptions {
  readonly owner?: string;
}

const ownerOption = [
  '--owner <project-id>',
  'the project whose family it is; yours, by default',
] as const;

/** `vitrine family …`: images under one name, of which one is current. */
export function familyCommands(): Command {
  const family = new Command('family').description(
    'images under one name, of which one is current',
  );
  addLooks(family);

  withCommonOptions(family.command('promote <family> <image>'))
    .description('make an image current, and offer it to whom the family is shared with')
    .action(async (name: string, image: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      print(output, await promoteImage(session, { name }, await imageIdOf(session, image)));
    });

  withCommonOptions(family.command('rollback <family>'))
    .description('make that image current again that was so before')
    .action(async (name: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      print(output, await rollBackFamily(session, { name }));
    });

  addDeprecation(family);
  addSharing(family);

  withCommonOptions(family.command('delete <family>'))
    .description('remove a family, and what its members have by it alone; its images stay')
    .action(async (name: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      await deleteFamily(session, { name });
      output.done(`The family ${name} is gone; its images are there.`);
    });

  return family;
}

function addLooks(family: Command): void {
  withCommonOptions(family.command('list', { isDefault: true }))
    .description('list the families of the project')
    .option('--shared', 'those that others share with it')
    .action(async (options: CommonOptions & { readonly shared?: boolean }) => {
      const { session, output } = openContext(options);
      const found = await Array.fromAsync(listFamilies(session, options.shared ? 'shared' : 'own'));
      const rows = found.map(({ owner, name, updated_at }) => ({
        name,
        owner,
        updated: updated_at,
      }));
      output.table(rows, ['name', 'owner', 'updated']);
    });

  withCommonOptions(family.command('show <family>'))
    .description('list the versions of a family')
    .option(...ownerOption)
    .action(async (name: string, options: OwnerOptions) => {
      const { session, output } = openContext(options);
      print(output, await getFamily(session, { owner: options.owner, name }));
    });

  withCommonOptions(family.command('current <family>'))
    .description('show the image that is current')
    .option(...ownerOption)
    .action(async (name: string, options: OwnerOptions) => {
      const { session, output } = openContext(options);
      const found = await getCurrent(session, { owner: options.owner, name });
      const { image, promoted_at, deprecated_at, replacement_id } = found;
      output.fields({
        ...{ id: image.id, name: image.name, status: image.status, size: image.size },
        ...{ since: promoted_at, deprecated: deprecated_at, replacement: replacement_id },
      });
    });
}

interface DeprecateOptions extends CommonOptions {
  readonly in: string;
  readonly replacement?: string;
}

function addDeprecation(family: Command): void {
  withCommonOptions(family.command('deprecate <family> <image>'))
    .description('say from when on nobody should begin with an image, and what to use instead')
    .requiredOption('--in <time>', 'from when on: a time, or how long from now, such as 30d')
    .option('--replacement <image>', 'what to use instead; whatever is current, by default')
    .action(async (name: string, image: string, options: DeprecateOptions) => {
      const at = expiryOf(options.in, Date.now()).toISOString();
      const { session, output } = openContext(options);
      const { replacement } = options;
      const replacementId =
        replacement === undefined ? null : await imageIdOf(session, replacement);
      const said = { imageId: await imageIdOf(session, image), at, replacementId };
      await deprecateImage(session, { name }, said);
      output.done(`${image} is deprecated from ${at} on.`);
    });
}

function addSharing(family: Command): void {
  withCommonOptions(family.command('share <family> <project>'))
    .description('offer the current image to a project, and each that becomes current')
    .option('--note <text>', 'what the project reads beside each offer')
    .action(async (name: string, project: string, options: CommonOptions & { note?: string }) => {
      const { session, output } = openContext(options);
      await shareFamily(session, { name }, { project, note: options.note ?? null });
      output.done(`New versions of ${name} follow to ${project}.`);
    });

  withCommonOptions(family.command('unshare <family> <project>'))
    .description('take away what a project has by a family alone')
    .action(async (name: string, project: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      await unshareFamily(session, { name }, project);
      output.done(`${name} is shared with ${project} no more.`);
    });
}

function print(output: Output, { versions }: FamilyBody): void {
  const rows = versions.map((version) => ({
    number: version.number,
    image: version.image_id,
    current: version.is_current,
    since: version.promoted_at,
    deprecated: version.deprecated_at,
    replacement: version.replacement_id,
  }));
  output.table(rows, ['number', 'image', 'current', 'since', 'deprecated', 'replacement']);
}
