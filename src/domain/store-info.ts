/** What is told of a store. */
export interface StoreInfo {
  readonly id: string;
  readonly type: string;
  readonly description: string;
  /** Of several copies that of the largest weight is read first. */
  readonly weight: number;
  readonly isDefault: boolean;
  /** Whether it takes no data. */
  readonly isReadOnly: boolean;
  /** What admins may want to know, and nothing secret. */
  readonly properties: Readonly<Record<string, unknown>>;
}
