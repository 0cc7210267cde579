import { conversionFormats } from '../domain/conversion.ts';
import type { ImportConfig } from './imports.ts';
import { integer, oneOf, type Setting, text } from './setting.ts';

/** The settings of `image_conversion`. */
export const conversionSettings = {
  imageConversionOutputFormat: oneOf('image_conversion_output_format', conversionFormats, {
    initial: 'raw',
    about: 'What `image_conversion` makes of disks: `raw`, `qcow2` or `vmdk`',
  }),
  imageConversionMaxSize: integer('image_conversion_max_size', {
    initial: 256,
    about: 'GiB that the disk inside may have of data that is converted',
    min: 1,
    max: 1_048_576,
  }),
  imageConversionTimeLimit: integer('image_conversion_time_limit', {
    initial: 3600,
    about: 'Seconds that one conversion may take, and seconds of the processor',
    min: 1,
    max: 7 * 24 * 3600,
  }),
  imageConversionDir: {
    key: 'image_conversion_dir',
    initial: '',
    about:
      'The folder of what is being converted, on a disk of this machine; empty for `conversions` in the data folder',
    read: (value) => (typeof value === 'string' ? value : undefined),
    wanted: 'the path of a folder',
  },
  qemuImg: text('qemu_img', {
    initial: '/usr/bin/qemu-img',
    about: 'The path of `qemu-img`, which `image_conversion` needs',
    wanted: 'the path of a program',
  }),
} as const satisfies Partial<{
  readonly [Name in keyof ImportConfig]: Setting<ImportConfig[Name]>;
}>;
