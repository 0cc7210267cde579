const kib = 1024;

interface RingShape {
  readonly slots: number;
  /** Bytes of one slot. */
  readonly slotSize: number;
  /** Rings of this shape that are kept while nobody needs them. */
  readonly keptIdle: number;
}

const large: RingShape = { slots: 6, slotSize: 1024 * kib, keptIdle: 4 };

/** For those who come when many are there: they get less of the processor too. */
const small: RingShape = { slots: 3, slotSize: 256 * kib, keptIdle: 4 };

/** Uploads at a time that get a large ring. */
const largeAtOnce = 4;

/** Slots of one shared memory, filled in turn: threads read a slot where it lies. */
export interface Ring {
  readonly memory: SharedArrayBuffer;
  /** Bytes of one slot, at least 256 KiB. */
  readonly slotSize: number;
  readonly slots: readonly Uint8Array[];
}

const idle = new Map<RingShape, Ring[]>([
  [large, []],
  [small, []],
]);
const shapes = new WeakMap<Ring, RingShape>();
let largeTaken = 0;

/** A ring for one upload, with old bytes in it. Give it back with `releaseRing`. */
export function takeRing(): Ring {
  const shape = largeTaken < largeAtOnce ? large : small;
  if (shape === large) largeTaken += 1;
  return idle.get(shape)?.pop() ?? newRing(shape);
}

function newRing(shape: RingShape): Ring {
  const { slots: count, slotSize } = shape;
  const memory = new SharedArrayBuffer(count * slotSize);
  const slots = Array.from(
    { length: count },
    (_, slot) => new Uint8Array(memory, slot * slotSize, slotSize),
  );
  const ring = { memory, slotSize, slots };
  shapes.set(ring, shape);
  return ring;
}

/** Call once no thread and no write uses the ring any more. */
export function releaseRing(ring: Ring): void {
  const shape = shapes.get(ring) ?? small;
  if (shape === large) largeTaken -= 1;
  const kept = idle.get(shape);
  if (kept && kept.length < shape.keptIdle) kept.push(ring);
}
