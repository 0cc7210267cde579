import { performance } from 'node:perf_hooks';

/** Data whose bytes are looked at before they may be sent; a `DataSource` is one. */
export interface VouchingSource {
  readonly vouchFor?: ((position: number) => Promise<number>) | undefined;
}

export interface Vouching {
  /** Resolves to the last byte that may be sent of what lies from `position` on. */
  from(position: number): Promise<number>;
  /** Resolves once nothing of the source is being read any more. */
  end(): Promise<void>;
}

/** A part that was looked at; both ends inclusive. */
interface Part {
  readonly first: number;
  readonly last: number;
  /** When, ms. */
  readonly at: number;
}

/**
 * How long a look holds, ms. The file is read again when it is sent, most likely from memory; a client that takes long
 * leaves time for that memory to be given to others, and for the disk to tell something else.
 */
const patience = 1000;

/** Has the parts of a source looked at in order, each while the one before it is sent. */
export function vouching(source: VouchingSource, last: number): Vouching {
  let current: Part | undefined;
  let ahead: Promise<Part> | undefined;

  async function look(position: number): Promise<Part> {
    const end = await source.vouchFor?.(position);
    return { first: position, last: Math.min(last, (end ?? last + 1) - 1), at: performance.now() };
  }

  async function next(position: number): Promise<Part> {
    const found = await ahead;
    ahead = undefined;
    return found && holdsFor(found, position) ? found : await look(position);
  }

  return {
    async from(position) {
      if (!source.vouchFor || position > last) return last;
      if (current && holdsFor(current, position)) return current.last;
      current = await next(position);
      if (current.last < last) {
        ahead = look(current.last + 1);
        // It is awaited when its turn comes; until then nobody may call its failure unhandled.
        ahead.catch(() => undefined);
      }
      return current.last;
    },

    async end() {
      await ahead;
    },
  };
}

function holdsFor(part: Part, position: number): boolean {
  const isWithin = part.first <= position && position <= part.last;
  return isWithin && performance.now() - part.at < patience;
}
