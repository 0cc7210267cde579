import { Command } from 'commander';
import {
  openUpkeep,
  progressLines,
  sizeText,
  type UpkeepOptions,
  withUpkeepOptions,
} from './upkeep-context.ts';

interface BackupOptions extends UpkeepOptions {
  readonly reuse?: string;
  readonly reread?: boolean;
  readonly leave?: readonly string[];
}

/** The exit code of a backup that is whole, and has what was damaged already. */
const damagedCode = 3;

/** `vitrine backup`: copies what a service has, while it runs. */
export function backupCommand(): Command {
  return withUpkeepOptions(new Command('backup'))
    .argument('<folder>', 'where the backup is to be; not there yet, or empty')
    .option(
      '--reuse <folder>',
      'an earlier backup, or a folder of them, to take what has not changed from',
    )
    .option('--reread', 'read again what is taken from an earlier backup')
    .option('--leave <stores...>', 'ids of stores whose data is left where it lies')
    .description(
      'copy the records and images of this service to a folder, while it runs; exits with 3 when some were damaged before',
    )
    .action(async (to: string, options: BackupOptions) => {
      const { output, read } = openUpkeep(options);
      const { backUp } = await import('../upkeep.ts');
      const tell = progressLines();
      const { manifest, reused } = await backUp(read, {
        to,
        reuse: options.reuse,
        rereads: options.reread ?? false,
        leave: options.leave ?? [],
        progress: ({ files, ofFiles, bytes }) =>
          tell(() => `${files} of ${ofFiles} files, ${sizeText(bytes)} read`),
      });
      for (const { image, store, problem } of manifest.lost) {
        console.error(`The data of image ${image} in store ${store} is ${problem}.`);
      }
      for (const { store, files, bytes } of manifest.elsewhere) {
        console.error(`Not copied: ${files} images of store ${store}, ${sizeText(bytes)}.`);
      }
      if (manifest.lost.length > 0) process.exitCode = damagedCode;
      output.fields({
        backup: to,
        as_of: manifest.snapshot_at,
        files: manifest.data.files,
        size: sizeText(manifest.data.bytes),
        reused,
        damaged: manifest.lost.length,
        elsewhere: manifest.elsewhere.reduce((sum, { files }) => sum + files, 0),
      });
    });
}

interface RestoreOptions extends UpkeepOptions {
  readonly keepTokens?: boolean;
}

/** `vitrine restore`: makes a data folder of a backup. */
export function restoreCommand(): Command {
  return withUpkeepOptions(new Command('restore'))
    .argument('<folder>', 'the folder of the backup')
    .option('--keep-tokens', 'let tokens from before the backup be good again')
    .description('fill the empty data folder of this service with a backup')
    .action(async (from: string, options: RestoreOptions) => {
      const { output, read } = openUpkeep(options);
      const { restore } = await import('../upkeep.ts');
      const tell = progressLines();
      const manifest = await restore(read, {
        from,
        keepsTokens: options.keepTokens ?? false,
        progress: ({ step, files, ofFiles, bytes }) =>
          tell(() => `${step}: ${files} of ${ofFiles} files, ${sizeText(bytes)}`),
      });
      output.fields({
        restored: read.config.dataDir,
        as_of: manifest.snapshot_at,
        files: manifest.data.files,
        size: sizeText(manifest.data.bytes),
        damaged: manifest.lost.length,
      });
    });
}
