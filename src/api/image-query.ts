import { DomainError } from '../domain/errors.ts';
import {
  type Comparison,
  type ImageFilter,
  type ImageQuery,
  type NumberColumn,
  numberColumns,
  type TextColumn,
  textColumns,
} from '../domain/image-query.ts';
import { isMemberStatus } from '../domain/member.ts';
import { type ListScope, visibilities } from '../domain/visibility.ts';
import { parseOrder } from './sort-order.ts';

/** How many images a page holds when the caller does not say, and at the most. */
export interface PageSizes {
  readonly default: number;
  readonly max: number;
}

/** Parameters that say how to list, not what; deleted images are not listed, whoever asks for them. */
const listing = new Set([
  'limit',
  'marker',
  'sort',
  'sort_key',
  'sort_dir',
  'visibility',
  'member_status',
  'os_hidden',
  'deleted',
]);

/**
 * Reads the query string of `GET /v2/images`.
 *
 * @throws DomainError `InvalidRequest`, naming the parameter and what it takes.
 * @see Images API v2, "List images"
 */
export function parseImageQuery(query: URLSearchParams, sizes: PageSizes): ImageQuery {
  // Of a parameter that stands twice the last one counts, but an image may have to have several tags.
  const parameters = new Map(query);
  parameters.delete('tag');
  const filters: ImageFilter[] = query.getAll('tag').map((value) => ({ kind: 'tag', value }));
  for (const [name, value] of parameters) {
    if (!listing.has(name)) filters.push(parseFilter(name, value));
  }
  checkNumber(filters);
  return {
    scope: parseScope(parameters),
    osHidden: parseHidden(parameters.get('os_hidden')),
    filters,
    order: parseOrder(query),
    limit: parseLimit(parameters.get('limit'), sizes),
    marker: parameters.get('marker'),
  };
}

/** What one query may ask for: the database takes no more than some 1000 conditions and 30 000 values. */
const maxFilters = 200;
const maxValues = 1000;

function checkNumber(filters: readonly ImageFilter[]): void {
  if (filters.length > maxFilters) throw invalid(`The query has more than ${maxFilters} filters.`);
  const lists = filters.filter((filter) => filter.kind === 'text');
  const count = lists.reduce((sum, { values }) => sum + values.length, 0);
  if (count > maxValues) throw invalid(`in: at most ${maxValues} values are taken in one query.`);
}

function parseScope(query: ReadonlyMap<string, string>): ListScope {
  const visibility = query.get('visibility');
  const memberStatus = query.get('member_status') ?? 'accepted';
  const kind = (['all', ...visibilities] as const).find((name) => name === visibility);
  if (visibility !== undefined && kind === undefined) {
    throw invalid(`visibility: must be one of all, ${visibilities.join(', ')}.`);
  }
  if (memberStatus !== 'all' && !isMemberStatus(memberStatus)) {
    throw invalid('member_status: must be one of all, pending, accepted, rejected.');
  }
  return { visibility: kind, memberStatus };
}

function parseHidden(text: string | undefined): boolean {
  const value = text?.toLowerCase() ?? 'false';
  if (value !== 'true' && value !== 'false') throw invalid('os_hidden: must be true or false.');
  return value === 'true';
}

/** Reads how many a page is to hold. @throws DomainError `InvalidRequest` */
export function parseLimit(text: string | undefined, sizes: PageSizes): number {
  if (text === undefined) return sizes.default;
  const limit = parseInteger('limit', text);
  if (limit < 0) throw invalid('limit: must not be negative.');
  return Math.min(limit, sizes.max);
}

function parseInteger(name: string, text: string): number {
  const value = /^\s*[+-]?\d{1,19}\s*$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw invalid(`${name}: must be a whole number.`);
  return value;
}

function parseFilter(name: string, value: string): ImageFilter {
  if (name === 'created_at' || name === 'updated_at') return parseTimeFilter(name, value);
  if (name === 'protected') return { kind: 'protected', value: parseProtected(value) };
  if (name === 'changes-since') throw invalid('changes-since: is not supported; use updated_at.');
  const text = textColumns.find((column) => column === name);
  if (text) return { kind: 'text', column: text, values: parseTextValues(text, value) };
  return parseNumberFilter(name, value) ?? { kind: 'property', name, value };
}

function parseProtected(value: string): boolean {
  if (value !== 'true' && value !== 'false') throw invalid('protected: must be true or false.');
  return value === 'true';
}

function parseNumberFilter(name: string, text: string): ImageFilter | undefined {
  const match = /^(.*?)(_min|_max)?$/s.exec(name);
  const column = numberColumns.find((known: NumberColumn) => known === match?.[1]);
  if (!column) {
    if (match?.[2]) throw invalid(`${name.slice(0, 80)}: no column of that name takes a bound.`);
    return undefined;
  }
  if (match?.[2]) {
    const comparison = match[2] === '_min' ? 'gte' : 'lte';
    return { kind: 'number', column, comparison, value: parseInteger(name, text) };
  }
  // Text that is no number equals none: Glance answers with an empty list, not with an error.
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  return { kind: 'number', column, comparison: 'eq', value };
}

/** Columns whose value may be a list (`in:`) or be marked as a plain one (`eq:`). */
const operatorColumns: readonly TextColumn[] = [
  'name',
  'id',
  'status',
  'container_format',
  'disk_format',
];

function parseTextValues(column: TextColumn, value: string): readonly string[] {
  const colon = value.indexOf(':');
  if (colon < 0 || !operatorColumns.includes(column)) return [value];
  const operator = value.slice(0, colon);
  const rest = value.slice(colon + 1);
  if (operator === 'eq') return [rest];
  if (operator === 'in') return parseList(column, rest);
  throw invalid(`${column}: unknown operator before the colon; use in: or eq:.`);
}

/** `a,b,"c,d"`: a value in double quotes may hold commas, and quotes as `\"`. */
function parseList(column: string, text: string): readonly string[] {
  const values: string[] = [];
  // Blanks are matched in one place only for each form: a pattern that may split them tries every way to.
  const item = /(?:\s*"((?:[^"\\]|\\.)*)"\s*|([^",]*))(,|$)/sy;
  for (;;) {
    const match = item.exec(text);
    if (!match) throw invalid(`${column}: in: takes values parted by commas, quoted by "…".`);
    values.push(match[1]?.replace(/\\(.)/gs, '$1') ?? match[2]?.trim() ?? '');
    if (match[3] !== ',') return values;
  }
}

const comparisons: readonly Comparison[] = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'];

function parseTimeFilter(column: 'created_at' | 'updated_at', text: string): ImageFilter {
  const match = /^(?:([a-z]+):)?(\d{4}-.*)$/s.exec(text);
  const comparison = comparisons.find((name) => name === (match?.[1] ?? 'eq'));
  const value = parseTime(match?.[2] ?? '');
  if (!comparison || !value) {
    throw invalid(
      `${column}: an ISO 8601 time is wanted, after gt:, gte:, lt:, lte:, eq: or neq:.`,
    );
  }
  return { kind: 'time', column, comparison, value };
}

/** A time without a zone is UTC. */
function parseTime(text: string): Date | undefined {
  const form =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/;
  const match = form.exec(text.length > 40 ? '' : text);
  if (!match || !isDay(match[1] ?? '')) return undefined;
  const zone = (match[3] ?? 'Z').replace(/^([+-]\d{2})(\d{2})$/, '$1:$2');
  const time = new Date(`${match[1]}T${match[2] ?? '00:00'}${zone}`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** JavaScript takes 30 February for 2 March. */
function isDay(text: string): boolean {
  const day = new Date(text);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

function invalid(message: string): DomainError {
  return new DomainError('InvalidRequest', message);
}
