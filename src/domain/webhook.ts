import type { ProjectEvent } from './project-event.ts';

/** A URL of a project's choice that is told what happens to its shares. */
export interface Webhook {
  /** UUID. */
  readonly id: string;
  readonly projectId: string;
  readonly url: string;
  /** Types of events, such as `vitrine.share.offered`; null for all of them. */
  readonly types: readonly string[] | null;
  readonly byUser: string;
  readonly createdAt: Date;
  /** How often in a row the event at its head was sent in vain. */
  readonly attempts: number;
  /** Since when nothing was taken; null while all is well. */
  readonly failingSince: Date | null;
  /** What came of the last attempt that failed. */
  readonly lastError: string | null;
  readonly deliveredAt: Date | null;
}

/** What came of an attempt; `status` is undefined when nobody answered. */
export interface DeliveryOutcome {
  readonly status: number | undefined;
  /** Undefined when the event was taken. */
  readonly error: string | undefined;
}

/** Pauses between attempts, s; the last one for all that follow. */
const pauses = [1, 2, 5, 15, 30, 60, 120, 300, 600, 1800, 3600];

/** Attempts to send what is refused as what it is, and not for the state of who refuses. */
const mostRefusals = 5;

/** Statuses by which a receiver asks for patience. */
const laterStatuses: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * A project with deliveries under way begins another one only while so many times what it would hold then is free, so
 * that slow receivers of a few projects leave room for those of others.
 */
export const freeForEach = 4;

/** Milliseconds from the `attempts`th failure in a row to the next attempt. */
export function pauseAfter(attempts: number): number {
  return 1000 * (pauses[Math.min(attempts, pauses.length) - 1] ?? 1);
}

/** Whether a project wants to be told of events of that type by this webhook. */
export function wantsEvent({ types }: Pick<Webhook, 'types'>, type: ProjectEvent['type']): boolean {
  return types === null || types.includes(`vitrine.${type}`);
}

/** Whether the receiver takes that answer for taking the event. */
export function isTaken(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Whether an answer refuses an event as what it is, and not for the state of who answers. */
export function isRefusal(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500 && !laterStatuses.has(status);
}

/**
 * Whether an event is given up: refused as what it is a few times, so that it does not keep those behind it, or
 * sent in vain until it is older than `patience` ms.
 */
export function isGivenUp(
  event: Pick<ProjectEvent, 'at'>,
  refusals: number,
  { now, patience }: { readonly now: Date; readonly patience: number },
): boolean {
  return refusals >= mostRefusals || isTooOld(event, { now, patience });
}

/** Whether an event is older than `patience` ms. */
export function isTooOld(
  { at }: Pick<ProjectEvent, 'at'>,
  { now, patience }: { readonly now: Date; readonly patience: number },
): boolean {
  return now.getTime() - at.getTime() > patience;
}
