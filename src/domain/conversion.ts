import type { Image } from './image.ts';

/** What images can be converted to. @see Glance, `[image_conversion] output_format` */
export const conversionFormats = ['raw', 'qcow2', 'vmdk'] as const;

export type ConversionFormat = (typeof conversionFormats)[number];

/** Formats of which disks can be made that have the same inside, by the names that `qemu-img` has for them. */
const qemuNames: Readonly<Record<string, string>> = {
  raw: 'raw',
  qcow2: 'qcow2',
  vdi: 'vdi',
  vhd: 'vpc',
  vhdx: 'vhdx',
  vmdk: 'vmdk',
};

/** As `qemu-img` calls the format of an image that is converted; undefined for images that stay as they are. */
export function convertibleFormat(
  { diskFormat, containerFormat, properties }: Image,
  output: ConversionFormat,
): string | undefined {
  if (containerFormat !== 'bare' || diskFormat === null || diskFormat === output) return undefined;
  // Nobody could verify what was not signed.
  if (properties.has('img_signature')) return undefined;
  return Object.hasOwn(qemuNames, diskFormat) ? qemuNames[diskFormat] : undefined;
}

const sector = 512;

/** Bytes of the disk that a conversion makes: formats other than raw data count in sectors. */
export function convertedSize(virtualSize: number): number {
  return Math.ceil(virtualSize / sector) * sector;
}

const mib = 1024 * 1024;

/** Bytes that a file with such a disk inside may have: the disk, and what its format needs to find it. */
export function mostConverted(virtualSize: number): number {
  return convertedSize(virtualSize) + Math.ceil(virtualSize / 64) + 16 * mib;
}
