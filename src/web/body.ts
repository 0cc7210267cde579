import { Readable } from 'node:stream';
import type { Answer } from './exchange.ts';
import { WebError } from './web-error.ts';

export interface BodyOptions {
  /** Bytes; one more is `TooLarge`. */
  readonly maxSize: number;
  /** Milliseconds in which some bytes must come while somebody waits for them. */
  readonly silence: number;
  readonly signal: AbortSignal;
}

/** Bytes that must come in a time of silence: a sender that drips is a silent one. */
const leastBytes = 1024;

/** The size that the answer announces, bytes; undefined without one. */
export function announcedSize({ response }: Answer): number | undefined {
  const length = response.headers['content-length'];
  return length === undefined ? undefined : Number(length);
}

/**
 * The body of an answer, as fast as it is read and no faster. It fails when it is not as long as was announced.
 *
 * Its errors are WebErrors `BadAnswer` `TimedOut` `TooLarge`, or the signal's reason.
 */
export function bodyOf(answer: Answer, { maxSize, silence, signal }: BodyOptions): Readable {
  const { request, response, failed } = answer;
  const ended = AbortSignal.any([signal, failed]);
  const state = { received: 0, seen: 0, isWaiting: true };

  const data = new Readable({
    read() {
      if (!state.isWaiting) state.seen = state.received - leastBytes;
      state.isWaiting = true;
      response.resume();
    },
    destroy(error, callback) {
      clearInterval(timer);
      ended.removeEventListener('abort', onEnd);
      request.destroy();
      callback(error);
    },
  });

  // It may be cut off while nobody reads it yet: whoever comes later is told, since it stays `errored`.
  data.on('error', () => undefined);

  const fail = (code: 'TimedOut' | 'TooLarge', message: string) =>
    data.destroy(new WebError(code, message));
  const timer = setInterval(() => {
    const isSilent = state.isWaiting && state.received - state.seen < leastBytes;
    state.seen = state.received;
    if (isSilent) fail('TimedOut', 'The host sends nothing any more, or next to nothing.');
  }, silence);
  const onEnd = () => {
    const { reason } = ended;
    data.destroy(reason instanceof Error ? reason : new Error(String(reason)));
  };
  ended.addEventListener('abort', onEnd, { once: true });
  if (ended.aborted) onEnd();

  response.on('data', (chunk: Buffer) => {
    state.received += chunk.length;
    if (state.received > maxSize) {
      fail('TooLarge', `The data is larger than the ${maxSize} bytes that are taken.`);
      return;
    }
    if (data.push(chunk)) return;
    state.isWaiting = false;
    response.pause();
  });
  response.once('end', () => data.push(null));
  return data;
}
