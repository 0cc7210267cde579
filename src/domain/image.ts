import type { ImageStatus } from './status.ts';
import type { Visibility } from './visibility.ts';

/** An image: its record, without its data. */
export interface Image {
  /** UUID. */
  readonly id: string;
  readonly name: string | null;
  /** The project that owns it; null for an image of the cloud itself, which only admins change. */
  readonly owner: string | null;
  readonly status: ImageStatus;
  readonly visibility: Visibility;
  /** Guards against deletion, and nothing else. */
  readonly protected: boolean;
  readonly osHidden: boolean;
  readonly diskFormat: string | null;
  readonly containerFormat: string | null;
  /** GB. */
  readonly minDisk: number;
  /** MB. */
  readonly minRam: number;
  /** Bytes; null while there is no data. */
  readonly size: number | null;
  /** Bytes of the virtual disk inside. */
  readonly virtualSize: number | null;
  /** MD5, lower-case hex. */
  readonly checksum: string | null;
  readonly osHashAlgo: string | null;
  /** Lower-case hex. */
  readonly osHashValue: string | null;
  /** Where a store keeps the data; never shown unless the operator asks for it. */
  readonly location: string | null;
  readonly tags: readonly string[];
  /** Custom properties, flat text. */
  readonly properties: Readonly<Record<string, string>>;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
