import { CommandError } from './command-error.ts';

/** Milliseconds. */
const units: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/**
 * The moment that is meant by a time as RFC 3339 writes it, or by how long from now, such as `12h`.
 *
 * @param now milliseconds since the epoch
 * @throws CommandError for anything else
 */
export function expiryOf(given: string, now: number): Date {
  const [, count, unit = ''] = /^(\d{1,6})([mhdw])$/.exec(given) ?? [];
  const length = units[unit];
  if (count !== undefined && length !== undefined) return new Date(now + Number(count) * length);
  const isTime = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(given);
  const time = new Date(given);
  if (isTime && !Number.isNaN(time.getTime())) return time;
  throw new CommandError(
    `${given}: a time such as 2030-12-31T23:59:59Z is wanted, or how long from now: 90m, 12h, 30d or 8w.`,
  );
}
