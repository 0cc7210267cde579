import { once } from 'node:events';
import type { Transform } from 'node:stream';
import { damaged, type Pieces } from './pieces.ts';

/** One of `node:zlib`, which works in a thread of the pool and counts what it has used of its input. */
export type Engine = Transform & { readonly bytesWritten: number };

/** What an engine is made with, so that it gives large pieces. */
export const engineOptions = { chunkSize: 256 * 1024 };

/**
 * Has an engine unpack data until that says it is over; what follows is left in `pieces`.
 *
 * @throws DomainError `UnsupportedMediaType`
 */
export async function* throughEngine(engine: Engine, pieces: Pieces): AsyncGenerator<Uint8Array> {
  const stopped = new AbortController();
  const fed = feed(engine, pieces, stopped.signal);
  // It is waited for below; until then what went wrong with the source ends the engine.
  fed.catch((cause: unknown) => engine.destroy(asError(cause)));
  try {
    for await (const bytes of engine) yield bytes;
    await fed;
  } catch (cause) {
    throw isOfEngine(cause) ? damaged('it is damaged, or cut off') : cause;
  } finally {
    stopped.abort();
    engine.destroy();
  }
}

async function feed(engine: Engine, pieces: Pieces, signal: AbortSignal): Promise<void> {
  // An engine that has ended may not even say that it has taken what was written last.
  const over = once(engine, 'close', { signal }).catch(() => undefined);
  for (let given = 0; !signal.aborted; ) {
    const piece = await pieces.next();
    if (!piece) {
      engine.end();
      return;
    }
    given += piece.length;
    await Promise.race([written(engine, piece), over]);
    // It takes all that it is given, until its data is over.
    const left = given - engine.bytesWritten;
    if (left === 0) continue;
    pieces.putBack(piece.subarray(piece.length - left));
    engine.end();
    return;
  }
}

function written(engine: Engine, piece: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    // An engine that fails says so to its reader.
    engine.write(piece, () => resolve());
  });
}

function isOfEngine(cause: unknown): boolean {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return /^(Z_|ZSTD_|ERR_ZSTD|ERR_ZLIB)/.test(code);
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error('The source failed.', { cause });
}
