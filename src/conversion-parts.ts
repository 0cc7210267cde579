import { join, resolve } from 'node:path';
import { type Config, ConfigError } from './config.ts';
import type { ConversionOptions } from './service/import-conversion.ts';

interface ConversionParts {
  readonly dataDir: string;
  /** Which of several processes this is. */
  readonly worker: number | undefined;
}

const gib = 1024 ** 3;

/** What imports convert data by; undefined where they do not. @throws ConfigError when that cannot be done here */
export async function conversionOf(
  config: Config,
  { dataDir, worker = 0 }: ConversionParts,
): Promise<ConversionOptions | undefined> {
  if (!config.imageImportPlugins.includes('image_conversion')) return undefined;
  // Most services run without.
  const { openConverter } = await import('./service/conversion/converter.ts');
  const folder = resolve(config.imageConversionDir || join(dataDir, 'conversions'));
  const format = config.imageConversionOutputFormat;
  const [vmdkType] = config.vmdkAllowedTypes;
  if (format === 'vmdk' && vmdkType === undefined) {
    throw new ConfigError(['vmdk_allowed_types: one is wanted for image_conversion to make.']);
  }
  try {
    const converter = await openConverter({
      program: resolve(config.qemuImg),
      // Each process empties its own when it starts.
      folder: join(folder, `process-${worker}`),
      vmdkType: vmdkType ?? 'streamOptimized',
      maxVirtualSize: config.imageConversionMaxSize * gib,
      timeLimit: config.imageConversionTimeLimit,
      minFreeBytes: config.minFreeBytes,
    });
    return { format, converter };
  } catch (cause) {
    throw new ConfigError([`image_import_plugins: ${problemOf(cause, config)}`]);
  }
}

function problemOf(cause: unknown, { qemuImg }: Config): string {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return `image_conversion needs qemu-img (qemu_img is ${qemuImg}), util-linux and a folder (image_conversion_dir). ${reason}`;
}
