/** Bytes of one slot. */
export const slotSize = 1024 * 1024;

const slotCount = 6;
const keptIdle = 4;
const idle: Ring[] = [];

/** Slots of one shared memory, filled in turn: threads read a slot where it lies. */
export interface Ring {
  readonly memory: SharedArrayBuffer;
  readonly slots: readonly Uint8Array[];
}

/** A ring for one upload, with old bytes in it. Give it back with `releaseRing`. */
export function takeRing(): Ring {
  const used = idle.pop();
  if (used) return used;

  const memory = new SharedArrayBuffer(slotCount * slotSize);
  const slots = Array.from(
    { length: slotCount },
    (_, slot) => new Uint8Array(memory, slot * slotSize, slotSize),
  );
  return { memory, slots };
}

/** Call once no thread and no write uses the ring any more. */
export function releaseRing(ring: Ring): void {
  if (idle.length < keptIdle) idle.push(ring);
}
