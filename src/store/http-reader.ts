import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { DomainError } from '../domain/errors.ts';
import { type StoredReader, StoreError } from './store.ts';

/** What a host tells of data. */
export interface HttpHead {
  /** Bytes; undefined when it does not say. */
  readonly size: number | undefined;
  /** By which it tells one state of the data from another. */
  readonly etag: string | undefined;
}

/** Data of a host on its way. */
export interface HttpPart {
  readonly data: Readable;
  /** Which byte of the whole it begins with. */
  readonly first: number;
  /** Of the whole. */
  readonly head: HttpHead;
}

/** Asks hosts for data; errors are its own. */
export interface HttpSource {
  head(url: string, signal: AbortSignal): Promise<HttpHead>;
  /** @param from the first byte that is wanted; what comes may begin before it */
  open(url: string, from: number, signal: AbortSignal): Promise<HttpPart>;
}

/** How often what fails is asked for once more, and the pause before that, ms. */
const retries = 3;
const retryPause = 200;

/** Bytes that have to come for a failure to be forgotten: a host that gives a few at a time would be read for ever. */
const wellDone = 1024 * 1024;

/** Bytes before the wanted ones that are let pass, of a host that knows no parts. */
const mostSkipped = 64 * 1024 * 1024;

/** A part that is being read. */
interface Reading {
  readonly data: Readable;
  readonly pieces: AsyncIterator<Uint8Array>;
  /** Of the next byte. */
  position: number;
  /** What came and was not asked for yet. */
  rest: Uint8Array;
}

/**
 * Reads what is at a URL. Bytes that are read in order come by one request, however slowly they are read; one that is cut off is
 * followed by another from there on.
 *
 * @throws StoreError `Unavailable` when the host does not tell how much it has, or cannot be asked
 */
export async function httpReader(source: HttpSource, url: string): Promise<StoredReader> {
  const closing = new AbortController();
  const { size, etag } = await headOf(source, url, closing.signal);
  let reading: Reading | undefined;
  /** Failures in a row, and the bytes that have come since the last one. */
  let [failures, come] = [0, 0];

  function close(): void {
    reading?.data.destroy();
    reading = undefined;
  }

  async function next({ pieces, position }: Reading): Promise<Uint8Array> {
    const { done, value } = await pieces.next();
    if (!done) return value;
    throw new StoreError('Unavailable', `The data of ${shown(url)} ends at byte ${position}.`);
  }

  async function openAt(position: number): Promise<Reading> {
    close();
    const { data, first, head } = await source.open(url, position, closing.signal);
    const opened: Reading = { data, pieces: iterate(data), position: first, rest: nothing };
    reading = opened;
    checkSame(head, { size, etag }, url);
    if (position - first > mostSkipped) {
      throw new StoreError('Unavailable', `The host of ${shown(url)} gives no parts of it.`);
    }
    while (opened.position < position) {
      const piece = await next(opened);
      opened.rest = piece.subarray(position - opened.position);
      opened.position += piece.length - opened.rest.length;
    }
    return opened;
  }

  /** Some bytes from `position`, no more than `most`. One attempt. */
  async function some(position: number, most: number): Promise<Uint8Array> {
    const from = reading?.position === position ? reading : await openAt(position);
    if (from.rest.length === 0) from.rest = await next(from);
    const bytes = from.rest.subarray(0, most);
    from.rest = from.rest.subarray(bytes.length);
    from.position += bytes.length;
    return bytes;
  }

  return {
    size,

    async read(buffer, position) {
      const wanted = Math.min(buffer.length, Math.max(0, size - position));
      for (let filled = 0; filled < wanted; ) {
        const bytes = await withRetries(() => some(position + filled, wanted - filled), {
          onFailure() {
            close();
            failures += 1;
            come = 0;
          },
          failures,
          url,
          signal: closing.signal,
        });
        come += bytes.length;
        if (come >= wellDone) failures = 0;
        buffer.set(bytes, filled);
        filled += bytes.length;
      }
      return wanted;
    },

    async [Symbol.asyncDispose]() {
      close();
      closing.abort(new StoreError('Unavailable', 'The data is not read any more.'));
    },
  };
}

const nothing = new Uint8Array(0);

/** Reading on after an early end is not wanted: a failure is told once, and the next request begins anew. */
function iterate(data: Readable): AsyncIterator<Uint8Array> {
  data.on('error', () => undefined);
  return data[Symbol.asyncIterator]();
}

/** What a host tells of data, asked for once. Not every host answers HEAD. @throws the source's error */
export async function headOnce(
  source: HttpSource,
  url: string,
  signal: AbortSignal,
): Promise<HttpHead> {
  return await source.head(url, signal).catch((cause: unknown) => {
    if (signal.aborted) throw cause;
    return headByOpening(source, url, signal);
  });
}

async function headOf(source: HttpSource, url: string, signal: AbortSignal) {
  const head = await withRetries(() => headOnce(source, url, signal), {
    onFailure: () => undefined,
    isFinal: isAnswer,
    url,
    signal,
  });
  const { size, etag } = head;
  if (size !== undefined) return { size, etag };
  throw new StoreError('Unavailable', `The host of ${shown(url)} does not tell how much it has.`);
}

async function headByOpening(
  source: HttpSource,
  url: string,
  signal: AbortSignal,
): Promise<HttpHead> {
  const { data, head } = await source.open(url, 0, signal);
  data.on('error', () => undefined);
  data.destroy();
  return head;
}

/** A host that has answered answers the same again. */
function isAnswer(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'BadAnswer';
}

/** What was put there anew must not be read on as if it were the same. @throws StoreError `Damaged` */
function checkSame(now: HttpHead, before: HttpHead, url: string): void {
  const isSame = <T>(one: T | undefined, other: T | undefined) =>
    one === undefined || other === undefined || one === other;
  if (isSame(now.size, before.size) && isSame(now.etag, before.etag)) return;
  throw new StoreError('Damaged', `What is at ${shown(url)} was changed while it was read.`);
}

interface RetryOptions {
  readonly onFailure: () => void;
  /** Of attempts before this one. */
  readonly failures?: number;
  /** Whether it is no use to ask again; what may not be asked is not asked again in any case. */
  readonly isFinal?: (cause: unknown) => boolean;
  readonly url: string;
  readonly signal: AbortSignal;
}

async function withRetries<T>(
  attempt: () => Promise<T>,
  { onFailure, failures = 0, isFinal = () => false, url, signal }: RetryOptions,
): Promise<T> {
  for (let count = failures; ; count += 1) {
    try {
      return await attempt();
    } catch (cause) {
      onFailure();
      if (cause instanceof StoreError && cause.code === 'Damaged') throw cause;
      const isOver = count >= retries || signal.aborted || isFinal(cause);
      if (isOver || cause instanceof DomainError) throw unavailable(url, cause);
      // Not all at the same moment: whoever waits has failed together with others.
      await pause(retryPause * 2 ** count * (0.5 + Math.random()), undefined, { signal }).catch(
        (reason: unknown) => {
          throw unavailable(url, reason);
        },
      );
    }
  }
}

function unavailable(url: string, cause: unknown): StoreError {
  return new StoreError('Unavailable', `What is at ${shown(url)} cannot be read.`, { cause });
}

/** A URL as logs may have it: what is behind its path may be a secret. */
export function shown(url: string): string {
  if (!URL.canParse(url)) return 'a location';
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
