import type { Caller } from './caller.ts';

/** What can happen to a share. */
export const shareKinds = [
  'offered',
  'changed',
  'answered',
  'left',
  'withdrawal_announced',
  'ending',
  'withdrawn',
  'expired',
  'downloaded',
] as const;

export type ShareKind = (typeof shareKinds)[number];

/** Who did it; nobody for what the service does by itself. */
export interface Actor {
  readonly projectId: string | null;
  readonly userId: string | null;
}

/** Something that happened to a share of an image. */
export interface ShareEntry {
  readonly kind: ShareKind;
  /** The consumer. */
  readonly projectId: string;
  readonly by: Actor;
  readonly at: Date;
  readonly details: Readonly<Record<string, string | number | null>>;
}

/** An entry in its place in the log of its image. */
export interface ShareLine extends ShareEntry {
  readonly imageId: string;
  /** From 1, without a gap. */
  readonly number: number;
  /** The hash of the line before it; empty for the first. */
  readonly previous: string;
  /** SHA-256 of the line's text, in hex. */
  readonly hash: string;
}

/** What the service itself does. */
export const nobody: Actor = { projectId: null, userId: null };

/** The caller as the one who did it. */
export function actorOf({ projectId, userId }: Caller): Actor {
  return { projectId, userId };
}

/**
 * The text that a line's hash is made of: a JSON array of what stands in the line, in this order. Whoever has
 * a line can make it anew, and each holds the hash of the one before it.
 */
export function lineText(line: Omit<ShareLine, 'hash'>): string {
  const { imageId, number, at, kind, projectId, by, details, previous } = line;
  const told = Object.entries(details).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    ...[imageId, number, at.toISOString(), kind, projectId],
    ...[by.projectId, by.userId, told, previous],
  ]);
}
