const keptIdle = 3;

/** Memory for the parts of one upload; threads can read it where it lies. */
export interface PartMemory extends Disposable {
  /** At least `size` bytes, with old bytes in them. Give it back with `release`. */
  take(size: number): SharedArrayBuffer;
  /** Call once nobody reads it any more. */
  release(memory: SharedArrayBuffer): void;
}

/**
 * Gives memory to uploads. Each uses its own again and again: what is let go stays in the way until the
 * garbage collector comes. A few pieces of `usualSize` bytes are kept while nobody needs them.
 */
export function partMemories(usualSize: number): () => PartMemory {
  const idle: SharedArrayBuffer[] = [];

  /** Parts grow little by little, their memory in a few steps. */
  function roomFor(size: number): number {
    let room = usualSize;
    while (room < size) room = Math.ceil(room * 1.5);
    return room;
  }

  return () => {
    const own: SharedArrayBuffer[] = [];

    function takeOwn(size: number): SharedArrayBuffer | undefined {
      const fitting = own.findIndex(({ byteLength }) => byteLength >= size);
      return fitting < 0 ? undefined : own.splice(fitting, 1)[0];
    }

    return {
      take(size) {
        // Most images are small: their one part need not be as large as one of many.
        if (size * 2 <= usualSize) return new SharedArrayBuffer(size);
        const room = roomFor(size);
        const used = takeOwn(size) ?? (room === usualSize ? idle.pop() : undefined);
        return used ?? new SharedArrayBuffer(room);
      },

      release(memory) {
        if (memory.byteLength >= usualSize) own.push(memory);
      },

      [Symbol.dispose]() {
        for (const memory of own.splice(0)) {
          if (memory.byteLength === usualSize && idle.length < keptIdle) idle.push(memory);
        }
      },
    };
  };
}
