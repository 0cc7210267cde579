import type { ProjectEvent } from './project-event.ts';

/** What people can be told of by mail. */
export const mailKinds = ['offer', 'answer', 'request', 'warning', 'withdrawal'] as const;

export type MailKind = (typeof mailKinds)[number];

/** When: as soon as it happens, or in a digest of what happened in an hour, or in a day. */
export const mailModes = ['at_once', 'hourly', 'daily'] as const;

export type MailMode = (typeof mailModes)[number];

/** An address at which a project wants to be told what happens to its shares. */
export interface MailAddress {
  /** UUID. */
  readonly id: string;
  readonly projectId: string;
  readonly address: string;
  readonly mode: MailMode;
  /** Null for all of them. */
  readonly kinds: readonly MailKind[] | null;
  readonly byUser: string;
  readonly createdAt: Date;
  /** Since when it is known that who reads there wants it; null while only a code is sent there. */
  readonly verifiedAt: Date | null;
  /** How often in a row what is next was sent in vain. */
  readonly attempts: number;
  /** Since when it fails for the reason that `lastError` gives. */
  readonly failingSince: Date | null;
  readonly lastError: string | null;
  readonly sentAt: Date | null;
}

/** For how long a code can be given back, ms. */
export const codeLife = 3_600_000;

/** Codes that are tried on one that was sent. */
export const mostCodeTries = 5;

/** For how long a message is tried in vain, and an address that refuses everything is believed in, ms. */
export const mailPatience = 2 * 24 * 3_600_000;

const hour = 3_600_000;
const day = 24 * hour;

/** How long an event may wait for its digest, ms. */
const waits: Readonly<Record<MailMode, number>> = { at_once: 0, hourly: hour, daily: day };

/** No event older than this is told of by mail, ms. */
export const mailHold = mailPatience + day;

/** Pauses between attempts, s; the last one for all that follow. */
const pauses = [5, 30, 120, 600, 1800, 3600, 7200, 14_400];

/** Milliseconds from the `attempts`th failure in a row to the next attempt. */
export function mailPauseAfter(attempts: number): number {
  return 1000 * (pauses[Math.min(attempts, pauses.length) - 1] ?? 5);
}

const domainLabel = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';

/** @see RFC 5321, "Mailbox": as a dot-string of ASCII at a domain; quoted ones and addresses of hosts are nobody's here */
const mailbox = new RegExp(
  `^[\\w!#$%&'*+/=?^\`{|}~-]+(?:\\.[\\w!#$%&'*+/=?^\`{|}~-]+)*@(?:${domainLabel}\\.)+${domainLabel}$`,
  'i',
);

/** The address with its domain in lower case; undefined for what is none, or more than one. */
export function readMailbox(text: string): string | undefined {
  const at = text.lastIndexOf('@');
  if (text.length > 254 || at > 64 || !mailbox.test(text)) return undefined;
  return text.slice(0, at) + text.slice(at).toLowerCase();
}

/** What an event is to its project, for people; undefined for what they did themselves, and for what is for programs. */
export function mailKindOf({ type, projectId, data }: ProjectEvent): MailKind | undefined {
  if (type === 'share.ending') return 'warning';
  if (data['member'] === projectId) return consumerKinds.get(type);
  if (data['owner'] === projectId) return ownerKinds.get(type);
  if (type === 'request.made') return data['project'] === projectId ? undefined : 'request';
  return data['project'] === projectId ? requesterKinds.get(type) : undefined;
}

const consumerKinds: ReadonlyMap<string, MailKind> = new Map([
  ['share.offered', 'offer'],
  ['share.withdrawal_announced', 'withdrawal'],
  ['share.withdrawn', 'withdrawal'],
  ['share.expired', 'withdrawal'],
]);

const ownerKinds: ReadonlyMap<string, MailKind> = new Map([
  ['share.answered', 'answer'],
  ['share.left', 'answer'],
]);

const requesterKinds: ReadonlyMap<string, MailKind> = new Map([
  ['request.approved', 'answer'],
  ['request.declined', 'answer'],
]);

/** Whether an address is told of an event. */
export function wantsMail({ kinds }: Pick<MailAddress, 'kinds'>, event: ProjectEvent): boolean {
  const kind = mailKindOf(event);
  return kind !== undefined && (kinds === null || kinds.includes(kind));
}

/** Whether an event is too old to be news by mail. */
export function isTooOldForMail(
  { at }: Pick<ProjectEvent, 'at'>,
  { mode, now }: { readonly mode: MailMode; readonly now: Date },
): boolean {
  return now.getTime() - at.getTime() > mailPatience + waits[mode];
}

/** When a digest is due next, after `now`: at a full hour, for a day's at `digestHour`, UTC; long since for what waits for none. */
export function nextDue(
  mode: MailMode,
  { now, digestHour }: { readonly now: Date; readonly digestHour: number },
): Date {
  const wait = waits[mode];
  if (wait === 0) return new Date(0);
  const first = mode === 'daily' ? digestHour * hour : 0;
  return new Date(first + (Math.floor((now.getTime() - first) / wait) + 1) * wait);
}
