import type { ReactNode } from 'react';

const tones: Readonly<Record<string, string>> = {
  active: 'good',
  accepted: 'good',
  approved: 'good',
  current: 'good',
  pending: 'waiting',
  queued: 'waiting',
  saving: 'waiting',
  importing: 'waiting',
  uploading: 'waiting',
  rejected: 'bad',
  declined: 'bad',
  deprecated: 'bad',
  killed: 'bad',
  deactivated: 'bad',
};

/** The status of an image or of an offer, in a word; the colour says nothing that the word does not. */
export function StatusMark({ status }: { readonly status: string }): ReactNode {
  return <span className={`mark ${tones[status] ?? ''}`}>{status}</span>;
}
