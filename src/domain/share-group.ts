/** A list of projects that an owner shares the same images with. */
export interface ShareGroup {
  /** UUID. */
  readonly id: string;
  readonly owner: string;
  readonly name: string;
  readonly note: string | null;
  readonly createdAt: Date;
}

/** Projects times images of one group: what one transaction may hold others up with. */
export const mostGroupShares = 2000;

/** Groups that one project may have. */
export const mostGroups = 200;
