import type { ListScope } from './visibility.ts';

/** The columns that a listing may be sorted by. */
export const sortKeys = [
  'name',
  'status',
  'container_format',
  'disk_format',
  'size',
  'id',
  'created_at',
  'updated_at',
] as const;

export type SortKey = (typeof sortKeys)[number];

export type SortDirection = 'asc' | 'desc';

export interface SortOrder {
  readonly key: SortKey;
  readonly direction: SortDirection;
}

/** Columns that hold text and take one value or a list of them (`in:`). */
export const textColumns = [
  'name',
  'id',
  'status',
  'container_format',
  'disk_format',
  'owner',
  'checksum',
  'os_hash_algo',
  'os_hash_value',
] as const;

export type TextColumn = (typeof textColumns)[number];

/** Columns that hold whole numbers and take a value, a minimum and a maximum. */
export const numberColumns = ['size', 'virtual_size', 'min_disk', 'min_ram'] as const;

export type NumberColumn = (typeof numberColumns)[number];

export type Comparison = 'gt' | 'gte' | 'lt' | 'lte' | 'eq' | 'neq';

/** One condition of a listing; all of them must hold. */
export type ImageFilter =
  | { readonly kind: 'text'; readonly column: TextColumn; readonly values: readonly string[] }
  | {
      readonly kind: 'number';
      readonly column: NumberColumn;
      readonly comparison: Comparison;
      readonly value: number;
    }
  | {
      readonly kind: 'time';
      readonly column: 'created_at' | 'updated_at';
      readonly comparison: Comparison;
      /** Whole seconds are compared, as the wire shows them. */
      readonly value: Date;
    }
  | { readonly kind: 'protected'; readonly value: boolean }
  | { readonly kind: 'tag'; readonly value: string }
  | { readonly kind: 'property'; readonly name: string; readonly value: string };

/** A listing as a caller asks for it. */
export interface ImageQuery {
  readonly scope: ListScope;
  readonly osHidden: boolean;
  readonly filters: readonly ImageFilter[];
  /** Total: ends in `id`. */
  readonly order: readonly SortOrder[];
  readonly limit: number;
  /** Id of the image after which the page starts. */
  readonly marker: string | undefined;
}
