export const requestStates = ['pending', 'approved', 'declined', 'withdrawn'] as const;

export type RequestState = (typeof requestStates)[number];

/** A project asks for an image that it may not see. */
export interface AccessRequest {
  /** UUID. */
  readonly id: string;
  /** As it was typed: nothing tells the one who asks whether there is such an image. */
  readonly imageId: string;
  readonly projectId: string;
  readonly userId: string;
  readonly reason: string;
  readonly state: RequestState;
  /** What the owner said to it. */
  readonly word: string | null;
  readonly createdAt: Date;
  readonly answeredAt: Date | null;
}

/** An image that everybody may find, and ask for. */
export interface ListedImage {
  readonly imageId: string;
  readonly name: string | null;
  readonly owner: string | null;
  readonly size: number | null;
  readonly diskFormat: string | null;
  readonly summary: string | null;
  readonly listedAt: Date;
}
