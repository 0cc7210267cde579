import { isDeepStrictEqual } from 'node:util';
import { InAnyOrder } from './matching.ts';
import type { Played } from './play.ts';
import type { Row } from './row.ts';

/** Where two services answer differently, and how each does. */
export interface Difference {
  /** `status`, `header NAME`, or `body` and the path in the document. */
  readonly what: string;
  readonly vitrine: unknown;
  readonly glance: unknown;
}

/** What is told from an answer: the same for any two services that keep to the same contract. */
interface Observed {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

/** Headers of the connection, not of the answer. */
const transport = new Set(['connection', 'keep-alive', 'date', 'transfer-encoding']);

/** All that differs between the answers of two services to one row. */
export function differences(row: Row, vitrine: Played, glance: Played): Difference[] {
  const [ours, theirs] = [observed(row, vitrine), observed(row, glance)];
  // Two answers of different statuses share nothing else worth telling.
  if (ours.status !== theirs.status) {
    return [{ what: 'status', vitrine: ours.status, glance: theirs.status }];
  }
  const names = new Set([...Object.keys(ours.headers), ...Object.keys(theirs.headers)]);
  return [
    ...[...names].flatMap((name) =>
      compare(`header ${name}`, ours.headers[name], theirs.headers[name]),
    ),
    ...compare('body', ours.body, theirs.body),
  ];
}

function compare(what: string, vitrine: unknown, glance: unknown): Difference[] {
  if (isDeepStrictEqual(vitrine, glance)) return [];
  if (Array.isArray(vitrine) && Array.isArray(glance) && vitrine.length === glance.length) {
    return vitrine.flatMap((one, index) => compare(`${what}[]`, one, glance[index]));
  }
  if (isRecord(vitrine) && isRecord(glance)) {
    const names = new Set([...Object.keys(vitrine), ...Object.keys(glance)]);
    return [...names].flatMap((name) => compare(`${what}.${name}`, vitrine[name], glance[name]));
  }
  return [{ what, vitrine, glance }];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function observed(row: Row, played: Played): Observed {
  const { answer } = played;
  // Which requests get another answer is of interest where one of them is made.
  const isPage = row.headers?.['origin'] !== undefined;
  const headers = Object.entries(answer.headers).filter(
    ([name]) => !transport.has(name) && (name !== 'vary' || isPage),
  );
  return {
    status: answer.status,
    headers: Object.fromEntries(
      headers.flatMap(([name, value]) => observedHeader(played, name, String(value))),
    ),
    body: answer.status >= 400 ? errorForm(answer.text, answer.json) : documentOf(row, played),
  };
}

function observedHeader(played: Played, name: string, value: string): [string, unknown][] {
  const { headers, json } = played.answer;
  // Spaces in JSON and words of errors are no part of the contract; the length of data is.
  if (
    name === 'content-length' &&
    (json !== undefined || headers['content-type']?.includes('text'))
  ) {
    return value === '0' ? [[name, value]] : [];
  }
  const asSaid = value.replace(/http:\/\/[^/"]+(\/identity)?/, '<url>');
  return [[name, named(played, asSaid)]];
}

/** An error's words are each service's own; its form is not. */
function errorForm(text: string, json: unknown): unknown {
  if (isRecord(json)) return { ...json, message: '<message>' };
  return text
    .replace(/(<\/h1>\n)[\s\S]*(\n <\/body>)/, '$1<message>$2')
    .replace(/^(\d\d\d [^\n]+\n\n)[^<]+$/, '$1<message>');
}

function documentOf(row: Row, played: Played): unknown {
  const { json, text } = played.answer;
  if (json === undefined) return text;
  const list = isRecord(json) && Array.isArray(json['images']) ? json['images'] : undefined;
  const document = withNames(played, json);
  if (!list || !isRecord(document)) return document;
  return { ...document, images: imagesOf(row, document['images'] as readonly unknown[]) };
}

/** A list without an order of its own is compared by what is in it; of a page of many, the number. */
function imagesOf(row: Row, images: readonly unknown[]): unknown {
  if (images.length > 20) return images.length;
  const expected = isRecord(row.json) ? row.json['images'] : undefined;
  if (!(expected instanceof InAnyOrder)) return images;
  const id = (one: unknown) => (isRecord(one) ? String(one['id']) : '');
  return images.toSorted((a, b) => (id(a) < id(b) ? -1 : 1));
}

function withNames(played: Played, value: unknown): unknown {
  if (typeof value === 'string') return named(played, value);
  if (Array.isArray(value)) {
    const list = value.map((one) => withNames(played, one));
    // Tags and the like are sets.
    return list.every((one) => typeof one === 'string') ? list.toSorted() : list;
  }
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) =>
      // What schemas say in prose is each service's own.
      [key, key === 'description' && typeof one === 'string' ? '<prose>' : withNames(played, one)],
    ),
  );
}

/** Text without what every service makes up itself: ids, times and hosts. */
function named({ scene }: Played, text: string): string {
  let named = text;
  for (const [name, value] of scene.names) named = named.replaceAll(value, `{${name}}`);
  return named
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
    .replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, '<time>')
    .replace(/^http:\/\/[^/]+\/v2\/$/, '<url>/v2/');
}
