/** What can be wrong with what a service keeps. */
export const findingKinds = [
  'database-unsound',
  'store-unavailable',
  'store-unknown',
  'data-missing',
  'data-size',
  'data-content',
  'data-unreadable',
  'image-without-data',
  'orphan',
  'unfinished',
  'foreign',
  'upload-stuck',
  'import-stuck',
  'usage',
  'check-record',
  'damage-mark',
  'share-log',
] as const;

export type FindingKind = (typeof findingKinds)[number];

/** Something that is not as it should be. */
export interface Finding {
  readonly kind: FindingKind;
  /** The id of an image or a project, or the name of a file. */
  readonly subject: string;
  /** Id of a store. */
  readonly store?: string | undefined;
  /** What is wrong, for people. */
  readonly text: string;
  /** What the operator can do about it. */
  readonly advice: string;
  /** The byte from which on the data of an image is not as it was. */
  readonly position?: number | undefined;
  /** Whether the check has put it right; a note is nothing that has to be. */
  readonly outcome: 'found' | 'mended' | 'note';
}
