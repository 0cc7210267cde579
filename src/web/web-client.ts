import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
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
}

/** Data that comes from a URL. */
export interface WebData {
  /** As announced, bytes; the data keeps to it or fails. */
  readonly size: number | undefined;
  /** Fails with a WebError; to be destroyed by whoever does not read it to its end. */
  readonly data: Readable;
}

export interface PostOptions extends WebCall {
  readonly body: Uint8Array | string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface PostAnswer {
  readonly status: number;
  /** Its body, of no more than 64 KiB. */
  readonly body: Buffer;
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
  /**
   * Opens what is at the URL, over a few redirects, each judged like the URL itself.
   *
   * @throws DomainError `InvalidRequest`; WebError; the signal's reason
   */
  open(url: string, options: OpenOptions): Promise<WebData>;
  /** Sends a body to the URL; a redirect is an answer like any other. Errors are those of `open`. */
  post(url: string, options: PostOptions): Promise<PostAnswer>;
}

const maxRedirects = 5;

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Bytes of the answer to a POST that are taken. */
const maxAnswer = 64 * 1024;

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
  async function follow(url: string, { field, signal, headers }: OpenOptions): Promise<Answer> {
    let target = await find(url, { field, signal });
    const { origin } = target.url;
    for (let count = 0; ; count += 1) {
      const own = target.url.origin === origin ? headers : {};
      const answer = await exchange(target, {
        method: 'GET',
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

    async open(url, options) {
      const deadline = deadlineAfter(times.total, options.signal);
      try {
        const answer = await follow(url, { ...options, signal: deadline.signal });
        const size = checkedSize(answer, options.maxSize);
        const { maxSize } = options;
        const data = bodyOf(answer, {
          maxSize,
          silence: times.silence,
          signal: deadline.signal,
        });
        data.once('close', () => deadline[Symbol.dispose]());
        return { size, data };
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
      return await readAnswer(answer, times.silence, deadline.signal);
    },
  };
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

/** @throws WebError `BadAnswer` for what is not the whole data as it is, `TooLarge`. */
function checkedSize(answer: Answer, maxSize: number): number | undefined {
  const { statusCode, headers } = answer.response;
  const size = announcedSize(answer);
  const encoding = headers['content-encoding']?.toLowerCase() ?? 'identity';
  const problem =
    (statusCode !== 200 && `The host answered with status ${statusCode} instead of data.`) ||
    (encoding !== 'identity' && 'The host sends encoded data, though nobody asked for it.');
  const isTooLarge = size !== undefined && size > maxSize;
  if (!problem && !isTooLarge) return size;
  answer.request.destroy();
  if (problem) throw new WebError('BadAnswer', problem);
  const message = `The data has ${size} bytes, and no more than ${maxSize} are taken.`;
  throw new WebError('TooLarge', message);
}

async function readAnswer(
  answer: Answer,
  silence: number,
  signal: AbortSignal,
): Promise<PostAnswer> {
  const status = answer.response.statusCode ?? 0;
  const body = bodyOf(answer, { maxSize: maxAnswer, silence, signal });
  return { status, body: await buffer(body) };
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
