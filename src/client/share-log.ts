import type { Static } from 'typebox';
import type { LineDocument } from '../api/vitrine/share-log.ts';
import type { Session } from './session.ts';

/** A line of the log of an image. */
export type LogLine = Static<typeof LineDocument>;

interface LogPage {
  /** Whether lines about others are there too. */
  readonly whole: boolean;
  readonly lines: readonly LogLine[];
}

const pageSize = 1000;

/** The log of an image, as far as the session's project may read it. @throws ApiError */
export async function getShareLog(
  session: Session,
  imageId: string,
): Promise<{ readonly isWhole: boolean; readonly lines: readonly LogLine[] }> {
  const lines: LogLine[] = [];
  let isWhole = true;
  for (let full = true; full; ) {
    const after = lines.at(-1)?.number ?? 0;
    const path = `/vitrine/v1/share-log/${encodeURIComponent(imageId)}?after=${after}&limit=${pageSize}`;
    const page = (await session.call('image', { path })) as LogPage;
    lines.push(...page.lines);
    isWhole = page.whole;
    full = page.lines.length === pageSize;
  }
  return { isWhole, lines };
}

/** What is wrong with a log; undefined for nothing. */
export interface LogFault {
  readonly number: number;
  readonly what: string;
}

/**
 * Computes every hash anew, here and not where the log is kept, and follows the chain where all lines are there.
 *
 * @param head a hash that was noted at some time: it must be in the log still
 */
export async function verifyShareLog(
  imageId: string,
  { isWhole, lines }: { readonly isWhole: boolean; readonly lines: readonly LogLine[] },
  head?: string,
): Promise<LogFault | undefined> {
  let before = { number: 0, hash: '' };
  for (const line of lines) {
    const { number } = line;
    if (isWhole && number !== before.number + 1)
      return { number, what: 'a line before it is gone' };
    if (number === before.number + 1 && line.previous !== before.hash) {
      return { number, what: 'it does not follow the line before it' };
    }
    if ((await hashOf(imageId, line)) !== line.hash) return { number, what: 'it was changed' };
    before = line;
  }
  const isKnown = head === undefined || lines.some(({ hash }) => hash === head);
  return isKnown ? undefined : { number: before.number, what: 'the noted line is not in the log' };
}

/** SHA-256 of a JSON array of what stands in the line; see docs/sharing.md. */
async function hashOf(imageId: string, line: LogLine): Promise<string> {
  const details = Object.entries(line.details).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify([
    ...[imageId, line.number, line.at, line.kind, line.project],
    ...[line.by_project, line.by_user, details, line.previous],
  ]);
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
