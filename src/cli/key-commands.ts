import { Command } from 'commander';
import { type KeyDocument, listKeys, rotateKeys } from '../client/signing-keys.ts';
import { type CommonOptions, openContext, withCommonOptions } from './command-context.ts';
import type { Output } from './output.ts';

/** `vitrine key …`: what tokens are signed with. */
export function keyCommands(): Command {
  const key = new Command('key').description('manage the keys that tokens are signed with');

  withCommonOptions(key.command('list'))
    .description('list the keys, without their secrets')
    .action(async (options: CommonOptions) => {
      const { session, output } = openContext(options);
      print(output, await listKeys(session));
    });

  withCommonOptions(key.command('rotate'))
    .description('let a new key sign from now on')
    .option(
      '--drop-others',
      'remove the other keys at once, and with them every token that there is',
    )
    .action(async (options: CommonOptions & { readonly dropOthers?: boolean }) => {
      const { session, output } = openContext(options);
      print(output, await rotateKeys(session, { dropsOthers: options.dropOthers ?? false }));
    });

  return key;
}

function print(output: Output, keys: readonly KeyDocument[]): void {
  const rows = keys.map((key) => ({ ...key }));
  output.table(rows, ['id', 'signs', 'created_at', 'needed_until']);
}
