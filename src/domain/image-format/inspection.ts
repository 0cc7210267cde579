/** Disk formats that the data itself tells. */
export type DataFormat = 'gpt' | 'iso' | 'luks' | 'qcow2' | 'qed' | 'vdi' | 'vhd' | 'vhdx' | 'vmdk';

/** Why data of a format is not to be kept: whoever opens it might be led elsewhere, or astray. */
export interface FormatProblem {
  /** Its name, as far as operators know it from Glance. */
  readonly check: string;
  /** For the caller; a sentence without its full stop. */
  readonly reason: string;
}

/** What an inspector made out. */
export interface Finding {
  readonly format: DataFormat;
  /** Bytes of the disk inside, of data with so many; null when nothing tells. */
  readonly virtualSize: (size: number) => number | null;
  readonly problems: readonly FormatProblem[];
}

/** Bytes of the data that an inspector asks for, by where they begin; or so many from its end. */
export type Wanted =
  | { readonly offset: number; readonly length: number; readonly last?: undefined }
  | { readonly last: number };

/**
 * One look at data: it asks for ranges in the order in which they lie and gets their bytes, fewer where the data ends.
 * Whatever these bytes are, it neither throws nor asks for more than `maxRange` at once.
 */
export type Inspection = Generator<Wanted, Finding | undefined, Uint8Array>;

/** The most bytes that are asked for at once. */
export const maxRange = 64 * 1024;

/** The most bytes from the end of the data that are asked for. */
export const maxLast = 1536;

export function problem(check: string, reason: string): FormatProblem {
  return { check, reason };
}

/** The problems of those that there are. */
export function problemsOf(
  ...found: readonly (FormatProblem | false | undefined)[]
): readonly FormatProblem[] {
  return found.filter((one) => one !== undefined && one !== false);
}

/** A size as a finding has it: whole, positive, and one that a number holds exactly. */
export function fixedSize(size: number): (dataSize: number) => number | null {
  return () => (Number.isSafeInteger(size) && size > 0 ? size : null);
}
