// JavaScript, since a thread that reads TypeScript loads a compiler of its own.

/** Bits of a probability, and how fast it learns. */
const probabilityBits = 11;
const learning = 5;
const evens = 1 << (probabilityBits - 1);

const states = 12;
const positions = 16;

/** @param {number} count @returns {Uint16Array} */
function probabilities(count) {
  return new Uint16Array(count).fill(evens);
}

/** What is known of how long matches are. */
class Lengths {
  choice = probabilities(2);
  low = probabilities(positions * 8);
  mid = probabilities(positions * 8);
  high = probabilities(256);
}

/** What LZMA has learned of its data. */
class Model {
  isMatch = probabilities(states * positions);
  isRep = probabilities(states);
  isRep0Long = probabilities(states * positions);
  isRepG0 = probabilities(states);
  isRepG1 = probabilities(states);
  isRepG2 = probabilities(states);
  slots = [0, 1, 2, 3].map(() => probabilities(64));
  special = probabilities(128);
  align = probabilities(16);
  lengths = new Lengths();
  repLengths = new Lengths();

  /** @param {number} literalBits */
  constructor(literalBits) {
    this.literals = probabilities(0x300 << literalBits);
  }
}

/** Decodes bits of which each was written by how likely it was. */
class RangeDecoder {
  /** @type {Uint8Array} */
  #bytes = new Uint8Array(0);
  #at = 0;
  #range = 0;
  #code = 0;

  /** @param {Uint8Array} bytes */
  begin(bytes) {
    this.#bytes = bytes;
    this.#range = 0xffff_ffff;
    this.#code = 0;
    this.#at = 1;
    for (let n = 0; n < 4; n += 1) this.#code = ((this.#code << 8) | this.#next()) >>> 0;
    if (bytes[0] !== 0) throw new Error('damaged');
  }

  /** Whether all of the bytes were used, and no more. */
  get isDone() {
    this.#normalize();
    return this.#at === this.#bytes.length && this.#code === 0;
  }

  #next() {
    return this.#bytes[this.#at++] ?? 0;
  }

  #normalize() {
    if (this.#range >= 0x100_0000) return;
    this.#range = (this.#range << 8) >>> 0;
    this.#code = ((this.#code << 8) | this.#next()) >>> 0;
  }

  /** @param {Uint16Array} model @param {number} at @returns {0 | 1} */
  bit(model, at) {
    this.#normalize();
    const probability = model[at] ?? evens;
    const bound = (this.#range >>> probabilityBits) * probability;
    if (this.#code < bound) {
      this.#range = bound;
      model[at] = probability + (((1 << probabilityBits) - probability) >>> learning);
      return 0;
    }
    this.#range -= bound;
    this.#code -= bound;
    model[at] = probability - (probability >>> learning);
    return 1;
  }

  /** @param {Uint16Array} model @param {number} offset @param {number} bits */
  tree(model, offset, bits) {
    let value = 1;
    for (let n = 0; n < bits; n += 1) value = (value << 1) | this.bit(model, offset + value);
    return value - (1 << bits);
  }

  /** @param {Uint16Array} model @param {number} offset @param {number} bits the lowest first */
  reverseTree(model, offset, bits) {
    let [node, value] = [1, 0];
    for (let n = 0; n < bits; n += 1) {
      const bit = this.bit(model, offset + node);
      node = (node << 1) | bit;
      value |= bit << n;
    }
    return value;
  }

  /** @param {number} bits each as likely as not */
  plain(bits) {
    let value = 0;
    for (let n = 0; n < bits; n += 1) {
      this.#normalize();
      this.#range >>>= 1;
      const bit = this.#code >= this.#range ? 1 : 0;
      if (bit) this.#code -= this.#range;
      value = value * 2 + bit;
    }
    return value;
  }
}

/**
 * Decodes the chunks of one block. Whatever they are, it neither reads nor writes outside of its memory, and ends.
 *
 * @see The LZMA specification of the LZMA SDK; the .xz file format 1.2, 5.3.1
 */
export class Lzma2 {
  #range = new RangeDecoder();
  /** The last bytes, in a ring. */
  #window;
  #at = 0;
  /** Bytes in the window. */
  #filled = 0;
  #state = 0;
  #distances = [0, 0, 0, 0];
  #literalPositions = 0;
  #literalContexts = 0;
  #positionMask = 0;
  /** @type {Model | undefined} */
  #model;

  /** @param {number} windowSize bytes */
  constructor(windowSize) {
    this.#window = new Uint8Array(windowSize);
  }

  /** Forgets all data. */
  resetWindow() {
    this.#at = 0;
    this.#filled = 0;
  }

  /** Forgets what was learned. @param {number} [properties] how the data is modelled from now on */
  resetState(properties) {
    if (properties !== undefined) this.#setProperties(properties);
    this.#state = 0;
    this.#distances = [0, 0, 0, 0];
    this.#model = new Model(this.#literalContexts + this.#literalPositions);
  }

  /** @param {number} properties */
  #setProperties(properties) {
    const contexts = properties % 9;
    const positionsAnd = Math.floor(properties / 9);
    const [literals, bits] = [positionsAnd % 5, Math.floor(positionsAnd / 5)];
    if (bits > 4 || contexts + literals > 4) throw new Error('damaged');
    this.#literalContexts = contexts;
    this.#literalPositions = literals;
    this.#positionMask = (1 << bits) - 1;
  }

  /** @param {Uint8Array} bytes that are as they are */
  copy(bytes) {
    for (const byte of bytes) this.#put(byte);
    return bytes;
  }

  /** @param {Uint8Array} packed @param {number} size of the data, bytes */
  decode(packed, size) {
    const model = this.#model;
    if (!model) throw new Error('damaged');
    const out = new Uint8Array(size);
    this.#range.begin(packed);
    for (let at = 0; at < size; ) at += this.#step(model, out, at);
    if (!this.#range.isDone) throw new Error('damaged');
    return out;
  }

  /** One literal or match. @param {Model} model @param {Uint8Array} out @param {number} at @returns {number} its bytes */
  #step(model, out, at) {
    const position = this.#at & this.#positionMask;
    const place = this.#state * positions + position;
    if (this.#range.bit(model.isMatch, place) === 0) {
      out[at] = this.#literal(model);
      return 1;
    }
    let length = 1;
    if (this.#range.bit(model.isRep, this.#state) === 0) length = this.#match(model, position);
    else if (this.#pickDistance(model, place)) length = this.#longRep(model, position);
    return this.#repeat(out, at, length);
  }

  /** @param {Model} model */
  #literal(model) {
    const before = this.#filled === 0 ? 0 : this.#back(0);
    const place = this.#at & ((1 << this.#literalPositions) - 1);
    const context = (place << this.#literalContexts) + (before >> (8 - this.#literalContexts));
    const base = 0x300 * context;
    const byte = this.#state < 7 ? this.#plainLiteral(model, base) : this.#nearLiteral(model, base);
    if (this.#state < 4) this.#state = 0;
    else this.#state -= this.#state < 10 ? 3 : 6;
    this.#put(byte);
    return byte;
  }

  /** @param {Model} model @param {number} base */
  #plainLiteral({ literals }, base) {
    let symbol = 1;
    while (symbol < 0x100) symbol = (symbol << 1) | this.#range.bit(literals, base + symbol);
    return symbol & 0xff;
  }

  /** A byte behind a match is like the one that would have followed. @param {Model} model @param {number} base */
  #nearLiteral({ literals }, base) {
    let near = this.#back(this.#distances[0] ?? 0);
    let [symbol, offset] = [1, 0x100];
    while (symbol < 0x100) {
      near <<= 1;
      const wanted = near & offset;
      const bit = this.#range.bit(literals, base + offset + wanted + symbol);
      symbol = (symbol << 1) | bit;
      offset &= bit ? near : ~near;
    }
    return symbol & 0xff;
  }

  /** @param {Model} model @param {number} position */
  #match(model, position) {
    const length = this.#length(model.lengths, position);
    this.#state = this.#state < 7 ? 7 : 10;
    const [first = 0, second = 0, third = 0] = this.#distances;
    this.#distances = [this.#distance(model, length), first, second, third];
    return length;
  }

  /** @param {Model} model @param {number} length @returns {number} */
  #distance({ slots, special, align }, length) {
    const tree = slots[Math.min(length - 2, 3)] ?? align;
    const slot = this.#range.tree(tree, 0, 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const begin = (2 | (slot & 1)) * 2 ** bits;
    if (slot < 14) return begin + this.#range.reverseTree(special, begin - slot, bits);
    return begin + this.#range.plain(bits - 4) * 16 + this.#range.reverseTree(align, 0, 4);
  }

  /** Takes a distance of late to the front; whether more than one byte comes from there. @param {Model} model @param {number} place */
  #pickDistance(model, place) {
    const range = this.#range;
    const state = this.#state;
    if (range.bit(model.isRepG0, state) === 0) {
      if (range.bit(model.isRep0Long, place) === 1) return true;
      this.#state = state < 7 ? 9 : 11;
      return false;
    }
    let picked = 1;
    if (range.bit(model.isRepG1, state) === 1) picked = 2 + range.bit(model.isRepG2, state);
    const [distance = 0] = this.#distances.splice(picked, 1);
    this.#distances.unshift(distance);
    return true;
  }

  /** @param {Model} model @param {number} position */
  #longRep(model, position) {
    this.#state = this.#state < 7 ? 8 : 11;
    return this.#length(model.repLengths, position);
  }

  /** @param {Lengths} lengths @param {number} position */
  #length({ choice, low, mid, high }, position) {
    const range = this.#range;
    if (range.bit(choice, 0) === 0) return 2 + range.tree(low, position * 8, 3);
    if (range.bit(choice, 1) === 0) return 10 + range.tree(mid, position * 8, 3);
    return 18 + range.tree(high, 0, 8);
  }

  /** @param {Uint8Array} out @param {number} at @param {number} length */
  #repeat(out, at, length) {
    const distance = this.#distances[0] ?? 0;
    if (distance >= this.#filled || at + length > out.length) throw new Error('damaged');
    const window = this.#window;
    const end = window.length;
    let to = this.#at;
    let from = to - 1 - distance;
    if (from < 0) from += end;
    for (let n = at; n < at + length; n += 1) {
      const byte = window[from] ?? 0;
      out[n] = byte;
      window[to] = byte;
      from = from + 1 === end ? 0 : from + 1;
      to = to + 1 === end ? 0 : to + 1;
    }
    this.#at = to;
    this.#filled = Math.min(end, this.#filled + length);
    return length;
  }

  /** The byte that was put so many bytes before the last one. @param {number} distance @returns {number} */
  #back(distance) {
    const at = this.#at - 1 - distance;
    return this.#window[at < 0 ? at + this.#window.length : at] ?? 0;
  }

  /** @param {number} byte */
  #put(byte) {
    this.#window[this.#at] = byte;
    this.#at = this.#at + 1 === this.#window.length ? 0 : this.#at + 1;
    if (this.#filled < this.#window.length) this.#filled += 1;
  }
}
