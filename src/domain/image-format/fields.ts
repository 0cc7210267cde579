/** The numbers and texts of a header; what lies beyond its end reads as zeros. */
export interface Fields {
  readonly length: number;
  u8(at: number): number;
  u16(at: number): number;
  u32(at: number): number;
  /** Exact up to 2^53; beyond that, too large for anything that it could count. */
  u64(at: number): number;
  /** Text of one byte a character. */
  text(at: number, length: number): string;
  /** Whether all of these bytes are zero. */
  isZero(at: number, length: number): boolean;
}

export function fieldsOf(bytes: Uint8Array, order: 'big' | 'little'): Fields {
  const { length } = bytes;
  const byte = (at: number) => bytes[at] ?? 0;

  /** The number of `count` bytes, its most significant first. */
  function number(at: number, count: number): number {
    let value = 0;
    for (let n = 0; n < count; n += 1) {
      value = value * 256 + byte(order === 'big' ? at + n : at + count - 1 - n);
    }
    return value;
  }

  return {
    length,
    u8: byte,
    u16: (at) => number(at, 2),
    u32: (at) => number(at, 4),
    u64: (at) => number(at, 8),
    text: (at, size) => String.fromCharCode(...bytes.subarray(at, at + size)),
    isZero: (at, size) => bytes.subarray(at, at + size).every((one) => one === 0),
  };
}
