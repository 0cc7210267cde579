/** How far a transfer is, and how fast. */
export interface Pace {
  /** Of the whole, 0 to 1. */
  readonly share: number;
  /** Bytes a second of late; undefined until there is something to tell it by. */
  readonly speed: number | undefined;
  /** Seconds; undefined while the speed is. */
  readonly left: number | undefined;
}

interface Moment {
  /** Milliseconds. */
  readonly at: number;
  readonly bytes: number;
}

/** How long the speed looks back, ms: long enough to be calm, short enough to be true. */
const window = 5000;

/** Follows a transfer of `size` bytes by what it is told. */
export function paceOf(size: number) {
  let moments: readonly Moment[] = [];

  return (bytes: number, at: number): Pace => {
    moments = [...moments.filter((moment) => at - moment.at <= window), { at, bytes }];
    const share = size === 0 ? 1 : Math.min(1, bytes / size);
    const [first] = moments;
    const seconds = first ? (at - first.at) / 1000 : 0;
    if (!first || seconds < 0.3 || bytes <= first.bytes) {
      return { share, speed: undefined, left: undefined };
    }
    const speed = (bytes - first.bytes) / seconds;
    return { share, speed, left: (size - bytes) / speed };
  };
}
