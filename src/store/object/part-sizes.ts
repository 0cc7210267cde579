const mib = 1024 * 1024;

export interface PartLimits {
  /** Bytes of the first part at least. */
  readonly partSize: number;
  /** Parts that one object may have. */
  readonly maxParts: number;
  /** Bytes of the largest data that may come. */
  readonly maxSize: number;
  /** Bytes of the data, when its sender announced them. */
  readonly expectedSize: number | undefined;
}

/**
 * How large each part is, by its number from 1, in bytes: so that `maxParts` hold the data.
 *
 * Of announced data all parts are of one size. Otherwise they grow evenly, since small images must not wait in
 * the memory that the largest possible one would need: part 1 has `partSize`, and all together have `maxSize`.
 */
export function partSizes({
  partSize,
  maxParts,
  maxSize,
  expectedSize,
}: PartLimits): (number: number) => number {
  if (expectedSize !== undefined) {
    const size = Math.max(partSize, wholeMib(expectedSize / maxParts));
    return () => size;
  }
  const growth = Math.max(0, (2 * (maxSize / maxParts - partSize)) / (maxParts - 1));
  return (number) => wholeMib(partSize + growth * (number - 1));
}

function wholeMib(bytes: number): number {
  return Math.ceil(bytes / mib) * mib;
}
