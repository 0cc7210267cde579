import { STATUS_CODES } from './node-http.ts';

/** An error as it goes over the wire. */
export interface ErrorBody {
  readonly contentType: string;
  readonly text: string;
}

/** Statuses that Glance calls by other names than HTTP does today; clients show them to their users. */
const titles: Readonly<Record<number, string>> = {
  413: 'Request Entity Too Large',
  416: 'Request Range Not Satisfiable',
};

/**
 * Writes an error in the form that `accept` prefers: HTML, JSON, or plain text when it takes neither.
 *
 * glanceclient asks for anything and reads HTML; it cannot read JSON errors of this form, so they go
 * only to those who prefer JSON.
 *
 * @see Glance's answers, which are WebOb's: q-values first, HTML on a tie, plain text for no match
 */
export function errorBody(status: number, message: string, accept: string | undefined): ErrorBody {
  const title = titles[status] ?? STATUS_CODES[status] ?? 'Error';
  const html = quality(accept, 'text', 'html');
  const json = quality(accept, 'application', 'json');
  if (html > 0 && html >= json) {
    return { contentType: 'text/html; charset=UTF-8', text: htmlError(status, title, message) };
  }
  if (json > 0) {
    const body = {
      message: `${message}<br /><br />\n\n\n`,
      code: `${status} ${title}`,
      title,
    };
    return { contentType: 'application/json', text: JSON.stringify(body) };
  }
  return {
    contentType: 'text/plain; charset=UTF-8',
    text: `${status} ${title}\n\n${message}\n\n   `,
  };
}

function htmlError(status: number, title: string, message: string): string {
  return `<html>
 <head>
  <title>${status} ${title}</title>
 </head>
 <body>
  <h1>${status} ${title}</h1>
  ${escapeHtml(message)}<br /><br />



 </body>
</html>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#x27;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** How much `accept` wants a media type, 0 to 1: the most specific range that matches decides (RFC 9110, 12.5.1). */
function quality(accept: string | undefined, type: string, subtype: string): number {
  if (accept === undefined) return type === 'text' ? 1 : 0;
  let best = { specificity: 0, quality: 0 };
  for (const range of accept.slice(0, 1000).toLowerCase().split(',')) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim());
    const specificity = [`*/*`, `${type}/*`, `${type}/${subtype}`].indexOf(name) + 1;
    if (specificity > best.specificity) best = { specificity, quality: weight(parameters) };
  }
  return best.quality;
}

function weight(parameters: readonly string[]): number {
  const text = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  const value = text === undefined ? 1 : Number(text);
  return value >= 0 && value <= 1 ? value : 0;
}
