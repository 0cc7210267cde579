import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** What a block of a .xz file may be verified by, by its number in the format. */
const kinds = { none: 0, crc32: 1, crc64: 4, sha256: 10 };

/** The table of CRC-64 of ECMA-182, as lower and upper halves. */
const table = makeTable();

function makeTable() {
  const halves = new Uint32Array(512);
  for (let byte = 0; byte < 256; byte += 1) {
    let value = BigInt(byte);
    for (let n = 0; n < 8; n += 1) {
      value = (value & 1n) === 1n ? (value >> 1n) ^ 0xc96c_5795_d787_0f42n : value >> 1n;
    }
    halves[byte] = Number(value & 0xffff_ffffn);
    halves[256 + byte] = Number(value >> 32n);
  }
  return halves;
}

class Crc64 {
  #low = 0xffff_ffff;
  #high = 0xffff_ffff;

  /** @param {Uint8Array} bytes */
  add(bytes) {
    let [low, high] = [this.#low, this.#high];
    for (const byte of bytes) {
      const at = (low ^ byte) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ (table[at] ?? 0);
      high = (high >>> 8) ^ (table[256 + at] ?? 0);
    }
    [this.#low, this.#high] = [low, high];
  }

  end() {
    const sum = Buffer.alloc(8);
    sum.writeUInt32LE(~this.#low >>> 0, 0);
    sum.writeUInt32LE(~this.#high >>> 0, 4);
    return sum;
  }
}

/**
 * What verifies a block: told its data, in the end it gives the sum as it stands behind the block.
 *
 * @param {number} kind @returns {{ add(bytes: Uint8Array): void, end(): Uint8Array }}
 */
export function blockSum(kind) {
  if (kind === kinds.crc64) return new Crc64();
  if (kind === kinds.sha256) {
    const hash = createHash('sha256');
    return { add: (bytes) => void hash.update(bytes), end: () => hash.digest() };
  }
  if (kind === kinds.none) return { add: () => undefined, end: () => new Uint8Array(0) };
  let crc = 0;
  return {
    add(bytes) {
      crc = crc32(bytes, crc);
    },
    end() {
      const sum = Buffer.alloc(4);
      sum.writeUInt32LE(crc, 0);
      return sum;
    },
  };
}
