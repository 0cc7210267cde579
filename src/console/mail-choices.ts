import type { MailAddressBody, MailChoice } from '../client/mail.ts';
import { timeText } from '../client/text.ts';

export type MailMode = NonNullable<MailChoice['mode']>;
export type MailKind = NonNullable<MailChoice['events']>[number];

/** When people can be told, in words, and in the order of the form. */
export const mailModeNames: Readonly<Record<MailMode, string>> = {
  at_once: 'At once',
  hourly: 'Each hour',
  daily: 'Once a day',
};

/** What people can be told of, in words, and in the order of the form. */
export const mailKindNames: Readonly<Record<MailKind, string>> = {
  offer: 'Offers',
  answer: 'Answers',
  request: 'Requests',
  warning: 'Shares that end soon',
  withdrawal: 'Withdrawals and ends of shares',
};

export const mailModes = Object.keys(mailModeNames) as readonly MailMode[];
export const mailKinds = Object.keys(mailKindNames) as readonly MailKind[];

/** The chosen kinds, in order; null for all, those of later releases among them. */
export function eventsOf(chosen: ReadonlySet<MailKind>): MailKind[] | null {
  if (chosen.size === mailKinds.length) return null;
  return mailKinds.filter((kind) => chosen.has(kind));
}

/** When an address is told, and of what, in words. */
export function mailChoiceText({ mode, events }: Pick<MailAddressBody, 'mode' | 'events'>): string {
  const names = (events ?? []).map((kind) => mailKindNames[kind]);
  return `${mailModeNames[mode]}: ${events === null ? 'Everything' : names.join(', ')}`;
}

/** How an address fares, in words. */
export function mailStateText(
  mail: Pick<MailAddressBody, 'verified_at' | 'failing_since' | 'last_error' | 'sent_at'>,
): string {
  const { verified_at: verified, failing_since: failing, last_error: error, sent_at: sent } = mail;
  if (failing !== null) return `Not reached since ${timeText(failing)}: ${error}`;
  if (verified !== null) return sent === null ? '' : `Last written to ${timeText(sent)}.`;
  if (sent === null) return 'A code is on its way there.';
  return `A code was sent ${timeText(sent)}. Nothing else is until it is entered here.`;
}

/** What somebody typed of a code. */
export function codeOf(typed: string): string {
  return typed.replaceAll(/\s/g, '');
}
