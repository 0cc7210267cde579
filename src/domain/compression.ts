/** Ways in which the data of one disk is packed for its journey. */
export type Compression = 'gzip' | 'xz' | 'zip' | 'zstd';

/** How each of them begins. */
const magics: Readonly<Record<Compression, readonly number[]>> = {
  gzip: [0x1f, 0x8b, 0x08],
  xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
  zip: [0x50, 0x4b, 0x03, 0x04],
  zstd: [0x28, 0xb5, 0x2f, 0xfd],
};

/** Bytes at the beginning that tell how data is packed. */
export const magicSize = 6;

/** How data that begins so is packed; undefined when it is not. */
export function compressionOf(head: Uint8Array): Compression | undefined {
  const all = Object.entries(magics) as [Compression, readonly number[]][];
  return all.find(([, magic]) => magic.every((byte, at) => head[at] === byte))?.[0];
}

/** Bytes that may come of however little. */
const freeSize = 64 * 1024 * 1024;

/**
 * Whether so little can have become so much in good faith: disks are packed to a hundredth at best, unless they are empty.
 *
 * @param maxRatio how many times as large as what it was packed to data may be
 */
export function isBomb(
  { packed, unpacked }: { readonly packed: number; readonly unpacked: number },
  maxRatio: number,
): boolean {
  return unpacked > freeSize + packed * maxRatio;
}
