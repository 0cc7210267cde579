/** What the consumer decided about an image that is shared with it. */
export const memberStatuses = ['pending', 'accepted', 'rejected'] as const;

export type MemberStatus = (typeof memberStatuses)[number];

/** A project that an image is shared with. */
export interface Member {
  readonly imageId: string;
  /** The consumer; any text of 1 to 255 characters, since the wire does not demand an existing project. */
  readonly projectId: string;
  readonly status: MemberStatus;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
