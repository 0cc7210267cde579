import type { Readable } from 'node:stream';
import { announcedSize, bodyOf } from './body.ts';
import { type Answer, exchange, type WebTimes } from './exchange.ts';
import type { WebResolver } from './resolver.ts';
import { findTarget, type Target, type TargetRules } from './target.ts';
import { WebError } from './web-error.ts';

export interface WebClientOptions extends TargetRules {
  readonly times: WebTimes;
  /** Certificates in PEM to trust beside those that Node knows. */
  readonly ca?: string | undefined;
  readonly resolver: WebResolver;
}

/** What every call wants to know. */
export interface WebCall {
  /** What whoever chose the URL calls it, for messages. */
  readonly field: string;
  readonly signal: AbortSignal;
}

export interface OpenOptions extends WebCall {
  /** Bytes. */
  readonly maxSize: number;
  /** For the host of the URL alone: a redirect to another origin goes without. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The first byte that is wanted; hosts that know no parts send those before it too. */
  readonly from?: number | undefined;
}

/** What a host tells of data without sending it. */
export interface WebHead {
  /** Bytes; undefined when it does not say. */
  readonly size: number | undefined;
  /** By which it tells one state of the data from another. */
  readonly etag: string | undefined;
}

/** Data that comes from a URL. */
export interface WebData {
  /** As announced, bytes; the data keeps to it or fails. */
  readonly size: number | undefined;
  /** Which byte of the whole the data begins with. */
  readonly first: number;
  /** Of the whole, as far as the host tells. */
  readonly head: WebHead;
  /** Fails with a WebError; to be destroyed by whoever does not read it to its end. */
  readonly data: Readable;
}

export interface PostOptions extends WebCall {
  readonly body: Uint8Array | string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface PostAnswer {
  readonly status: number;
}

/**
 * Asks URLs that callers chose, without letting them choose what only the service can reach: every address of every
 * host is judged before it is connected to, and the connection goes to the address that was judged.
 *
 * @see `domain/web-rules.ts` for what is open
 */
export interface WebClient {
  /** Whether the URL may be asked now. @throws DomainError `InvalidRequest` that tells why it may not. */
  check(url: string, call: WebCall): Promise<void>;
  /** What is at the URL, without its data. Errors are those of `open`. */
  head(url: string, call: WebCall): Promise<WebHead>;
  /**
   * Opens what is at the URL, over a few redirects, each judged like the URL itself.
   *
   * @throws DomainError `InvalidRequest`; WebError; the signal's reason
   */
  open(url: string, options: OpenOptions): Promise<WebData>;
  /** Sends a body to the URL; a redirect is an answer like any other. Errors are those of `open`. */
  post(url: string, options: PostOptions): Promise<PostAnswer>;
}

/** How a request goes that is led on by redirects. */
interface Asking {
  readonly method: 'GET' | 'HEAD';
}

const maxRedirects = 5;

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export function webClient(options: WebClientOptions): WebClient {
  const { times, ca } = options;

  async function find(url: string, { field, signal }: WebCall): Promise<Target> {
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(times.connect)]);
    return await findTarget(url, options, { field, signal: inTime }).catch((cause: unknown) => {
      signal.throwIfAborted();
      if (!inTime.aborted) throw cause;
      throw new WebError('TimedOut', `${field}: the host could not be looked up in time.`, {
        cause,
      });
    });
  }

  /** Follows redirects up to an answer that is none. */
  async function follow(
    url: string,
    { field, signal, headers, method }: WebCall & Pick<OpenOptions, 'headers'> & Asking,
  ): Promise<Answer> {
    let target = await find(url, { field, signal });
    const { origin } = target.url;
    for (let count = 0; ; count += 1) {
      const own = target.url.origin === origin ? headers : {};
      const answer = await exchange(target, {
        method,
        headers: { accept: '*/*', 'accept-encoding': 'identity', ...own },
        times,
        ca,
        signal,
      });
      const next = redirectOf(answer, target);
      if (next === undefined) return answer;
      answer.request.destroy();
      if (count === maxRedirects) {
        throw new WebError('BadAnswer', `There are more than ${maxRedirects} redirects.`);
      }
      target = await find(next, { field: `${field}, redirected`, signal });
    }
  }

  return {
    async check(url, call) {
      await find(url, call);
    },

    async head(url, call) {
      using deadline = deadlineAfter(times.total, call.signal);
      const { signal } = deadline;
      const answer = await follow(url, { ...call, signal, method: 'HEAD' });
      const { head } = checkedPart(answer, { maxSize: Number.MAX_SAFE_INTEGER });
      answer.request.destroy();
      return head;
    },

    async open(url, options) {
      const deadline = deadlineAfter(times.total, options.signal);
      const { maxSize } = options;
      const headers = { ...options.headers, ...rangeFrom(options) };
      try {
        const call = { ...options, headers, method: 'GET', signal: deadline.signal } as const;
        const answer = await follow(url, call);
        const part = checkedPart(answer, options);
        const data = bodyOf(answer, {
          maxSize,
          silence: times.silence,
          signal: deadline.signal,
        });
        data.once('close', () => deadline[Symbol.dispose]());
        return { ...part, data };
      } catch (error) {
        deadline[Symbol.dispose]();
        throw error;
      }
    },

    async post(url, { field, signal, body, headers }) {
      using deadline = deadlineAfter(times.total, signal);
      const target = await find(url, { field, signal: deadline.signal });
      const request = { method: 'POST' as const, headers, body, times, ca };
      const answer = await exchange(target, { ...request, signal: deadline.signal });
      // The status says it all: a body that is long, or never ends, makes it no other.
      answer.request.destroy();
      return { status: answer.response.statusCode ?? 0 };
    },
  };
}

function rangeFrom({ from = 0 }: OpenOptions): { readonly range?: string } {
  return from > 0 ? { range: `bytes=${from}-` } : {};
}

/** Where the answer sends its asker; undefined for an answer that is none of these. */
function redirectOf({ response, request }: Answer, { url }: Target): string | undefined {
  if (!redirects.has(response.statusCode ?? 0)) return undefined;
  const { location } = response.headers;
  if (location !== undefined && URL.canParse(location, url.href)) {
    // What URL parsers make of it is not what stands there: what stands there is judged where it can be.
    return /^[a-z][a-z\d+.-]*:/i.test(location) ? location : new URL(location, url).href;
  }
  request.destroy();
  throw new WebError('BadAnswer', 'The host redirects to nowhere.');
}

/** @throws WebError `BadAnswer` for what is not the data as it is, or not the part that is wanted; `TooLarge` */
function checkedPart(
  answer: Answer,
  { maxSize, from = 0 }: Pick<OpenOptions, 'from' | 'maxSize'>,
): Omit<WebData, 'data'> {
  const { statusCode, headers } = answer.response;
  const size = announcedSize(answer);
  const encoding = headers['content-encoding']?.toLowerCase() ?? 'identity';
  const part = statusCode === 206 && from > 0 ? partOf(headers['content-range']) : undefined;
  const isPart = part?.first === from;
  const problem =
    (statusCode !== 200 &&
      !isPart &&
      `The host answered with status ${statusCode} instead of data.`) ||
    (encoding !== 'identity' && 'The host sends encoded data, though nobody asked for it.');
  const isTooLarge = size !== undefined && size > maxSize;
  if (!problem && !isTooLarge) {
    const head = { size: part ? part.size : size, etag: headers.etag };
    return { size, first: part?.first ?? 0, head };
  }
  answer.request.destroy();
  if (problem) throw new WebError('BadAnswer', problem);
  const message = `The data has ${size} bytes, and no more than ${maxSize} are taken.`;
  throw new WebError('TooLarge', message);
}

/** Which part an answer has, and of how much (RFC 9110, 14.4). */
function partOf(contentRange = ''): { readonly first: number; readonly size?: number } | undefined {
  const [, first, size] = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/.exec(contentRange) ?? [];
  if (first === undefined) return undefined;
  return { first: Number(first), ...(size !== '*' && { size: Number(size) }) };
}

/** A signal that is aborted with `signal`, or once the time is over; to be disposed of when nobody waits any more. */
function deadlineAfter(
  time: number,
  signal: AbortSignal,
): Disposable & { readonly signal: AbortSignal } {
  const over = new AbortController();
  const timer = setTimeout(() => {
    over.abort(new WebError('TimedOut', `It took longer than ${Math.round(time / 1000)} seconds.`));
  }, time);
  return {
    signal: AbortSignal.any([signal, over.signal]),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
