import type { Finding, Inspection, Wanted } from './inspection.ts';
import { maxLast } from './inspection.ts';

/** Looks at data while it passes, and keeps what inspectors ask for, no more. */
export interface FormatReader {
  /** Takes the next bytes of the data. */
  read(bytes: Uint8Array): void;
  /** The findings so far; all of them once `end` was called. */
  readonly findings: readonly Finding[];
  /** Whether no inspector waits for anything but the end of the data. */
  readonly isSettled: boolean;
  /** Tells that there is no more. */
  end(): void;
}

/** An inspection under way. */
interface Look {
  readonly inspection: Inspection;
  wanted: Wanted | undefined;
  /** As much of what is wanted as has passed. */
  kept: Uint8Array;
  length: number;
}

const nothing = new Uint8Array(0);

export function formatReader(inspections: readonly Inspection[]): FormatReader {
  const findings: Finding[] = [];
  const looks = inspections.map((inspection): Look => {
    const look = { inspection, wanted: undefined, kept: nothing, length: 0 };
    step(look, nothing);
    return look;
  });
  const last = new LastBytes();
  let position = 0;

  /** Gives an inspection what it wanted, and finds out what it wants next. */
  function step(look: Look, bytes: Uint8Array): void {
    const { done, value } = look.inspection.next(bytes);
    look.wanted = done ? undefined : value;
    look.length = 0;
    look.kept = nothing;
    if (done && value) findings.push(value);
  }

  /** What is wanted once it has all passed, with these bytes; before that it is kept. */
  function take(look: Look, bytes: Uint8Array): Uint8Array | undefined {
    const { wanted, kept } = look;
    if (!wanted || wanted.last !== undefined) return undefined;
    const begin = wanted.offset + look.length - position;
    // What has passed before it was asked for is gone; an inspection asks in order.
    if (begin < 0) return kept.subarray(0, look.length);
    if (begin >= bytes.length && wanted.length > 0) return undefined;
    const part = bytes.subarray(begin, begin + wanted.length - look.length);
    // The memory of what passes is used again, and inspections look back at what they had.
    if (part.length === wanted.length) return new Uint8Array(part);
    if (kept.length < look.length + part.length)
      look.kept = roomFor(look, part.length, wanted.length);
    look.kept.set(part, look.length);
    look.length += part.length;
    return look.length === wanted.length ? look.kept : undefined;
  }

  function show(look: Look, bytes: Uint8Array): void {
    for (let part = take(look, bytes); part; part = take(look, bytes)) step(look, part);
  }

  return {
    read(bytes) {
      for (const look of looks) show(look, bytes);
      last.add(bytes);
      position += bytes.length;
    },

    findings,

    get isSettled() {
      return looks.every(({ wanted }) => !wanted || wanted.last !== undefined);
    },

    end() {
      for (const look of looks) {
        while (look.wanted) {
          const count = look.wanted.last;
          step(look, count === undefined ? look.kept.subarray(0, look.length) : last.bytes(count));
        }
      }
    },
  };
}

/** Memory with what is kept, and room for `more` bytes: much is asked for of which little may be there. */
function roomFor({ kept, length }: Look, more: number, most: number): Uint8Array {
  const room = new Uint8Array(Math.min(most, Math.max(length + more, 2 * kept.length)));
  room.set(kept.subarray(0, length));
  return room;
}

/** The last bytes of what has passed. */
class LastBytes {
  readonly #kept = new Uint8Array(8 * maxLast);
  #length = 0;

  add(bytes: Uint8Array): void {
    const part = bytes.subarray(-maxLast);
    if (this.#length + part.length > this.#kept.length) {
      this.#kept.copyWithin(0, this.#length - maxLast, this.#length);
      this.#length = maxLast;
    }
    this.#kept.set(part, this.#length);
    this.#length += part.length;
  }

  bytes(count: number): Uint8Array {
    return this.#kept.subarray(Math.max(0, this.#length - count), this.#length);
  }
}
