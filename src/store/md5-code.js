// JavaScript, like the thread that runs it: see hash-worker.js.

/**
 * MD5 as WebAssembly, which is made here and never stored: for one stream of data, and for four at once.
 *
 * Each step of MD5 waits for the step before, so that a processor is mostly idle with one stream. Four in the
 * lanes of a vector take about a third of the time that one after the other does.
 *
 * @see RFC 1321; the WebAssembly core specification, 5.4 "Instructions"
 */

/** Bytes of one vector: a word of each of four lanes. */
const vectorSize = 16;

/** Where the four state words are: as vectors for four streams, as words for one. Then the table of constants. */
export const stateAddress = 0;
const tableAddress = 4 * vectorSize;

/** Where data begins: nothing below it is for whoever puts data in. */
export const dataAddress = 4096;

/** Pages of 64 KiB. */
const memoryPages = 3;

const shifts = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
];

/** Which word of the block each step of a round takes. */
const wordOf = [
  (/** @type {number} */ step) => step,
  (/** @type {number} */ step) => (5 * step + 1) % 16,
  (/** @type {number} */ step) => (3 * step + 5) % 16,
  (/** @type {number} */ step) => (7 * step) % 16,
];

const constants = Array.from({ length: 64 }, (_, step) =>
  Math.floor(Math.abs(Math.sin(step + 1)) * 2 ** 32),
);

/** @param {number} value a whole number from 0 */
function unsigned(value) {
  const bytes = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest & 127) | 128);
  }
}

/** @param {number} value 32 bits */
function signed(value) {
  const bytes = [];
  for (let rest = value | 0; ; rest >>= 7) {
    if (rest >= -64 && rest < 64) return [...bytes, rest & 127];
    bytes.push((rest & 127) | 128);
  }
}

const get = (/** @type {number} */ local) => [0x20, ...unsigned(local)];
const set = (/** @type {number} */ local) => [0x21, ...unsigned(local)];
const tee = (/** @type {number} */ local) => [0x22, ...unsigned(local)];
const number = (/** @type {number} */ value) => [0x41, ...signed(value)];
const add32 = [0x6a];
/** @param {number} align as a power of 2 */
const at = (/** @type {number} */ offset, /** @type {number} */ align) => [
  align,
  ...unsigned(offset),
];
const vector = (/** @type {number} */ code, /** @type {readonly number[]} */ rest = []) => [
  0xfd,
  ...unsigned(code),
  ...rest,
];

/**
 * The instructions that differ between words and vectors of them.
 *
 * @typedef {object} Width
 * @property {number} streams
 * @property {number} type of a local
 * @property {number} size bytes of one
 * @property {readonly number[]} add
 * @property {readonly number[]} and
 * @property {readonly number[]} or
 * @property {readonly number[]} xor
 * @property {readonly number[]} not
 * @property {(offset: number) => readonly number[]} load
 * @property {(offset: number) => readonly number[]} store what is on the stack above the address 0
 * @property {(step: number) => readonly number[]} constant
 * @property {(bits: number, spare: number) => readonly number[]} rotate
 * @property {(word: number, spare: number) => readonly number[]} message the block's word of each stream
 */

/** @type {Width} */
const words = {
  streams: 1,
  type: 0x7f,
  size: 4,
  add: add32,
  and: [0x71],
  or: [0x72],
  xor: [0x73],
  not: [...number(-1), 0x73],
  load: (offset) => [...number(0), 0x28, ...at(offset, 2)],
  store: (offset) => [0x36, ...at(offset, 2)],
  constant: (step) => number(constants[step] ?? 0),
  rotate: (bits) => [...number(bits), 0x77],
  message: (word) => [...get(0), 0x28, ...at(word * 4, 2)],
};

/** @type {Width} */
const vectors = {
  streams: 4,
  type: 0x7b,
  size: vectorSize,
  add: vector(0xae),
  and: vector(0x4e),
  or: vector(0x50),
  xor: vector(0x51),
  not: vector(0x4d),
  load: (offset) => [...number(0), ...vector(0x00, at(offset, 4))],
  store: (offset) => vector(0x0b, at(offset, 4)),
  // To load it costs less than to make it.
  constant: (step) => [...number(0), ...vector(0x00, at(tableAddress + step * vectorSize, 4))],
  rotate: (bits, spare) => [
    ...tee(spare),
    ...number(bits),
    ...vector(0xab),
    ...get(spare),
    ...number(32 - bits),
    ...vector(0xad),
    ...vector(0x50),
  ],
  message: (word, spare) => [
    ...get(0),
    ...vector(0x5c, at(word * 4, 2)),
    ...[1, 2, 3].flatMap((lane) => [
      ...set(spare),
      ...get(lane),
      ...get(spare),
      ...vector(0x56, [...at(word * 4, 2), lane]),
    ]),
  ],
};

/**
 * Adds the round's function of b, c and d to what is on the stack. Whatever needs b, which the step before has
 * just made, comes last.
 *
 * @param {Width} width
 * @param {number} round
 * @param {readonly [number, number, number]} locals
 */
function addMixed({ add, and, or, xor, not }, round, [b, c, d]) {
  switch (round) {
    case 0:
      return [...get(c), ...get(d), ...xor, ...get(b), ...and, ...get(d), ...xor, ...add];
    case 1:
      return [...get(d), ...not, ...get(c), ...and, ...add, ...get(b), ...get(d), ...and, ...add];
    case 2:
      return [...get(c), ...get(d), ...xor, ...get(b), ...xor, ...add];
    default:
      return [...get(d), ...not, ...get(b), ...or, ...get(c), ...xor, ...add];
  }
}

/**
 * A function of the streams' addresses and of how many blocks of 64 bytes, at least one, to take from each.
 *
 * @param {Width} width
 */
function blocks(width) {
  const { streams, size, add, load, store } = width;
  const count = streams;
  const first = streams + 1;
  const state = /** @type {const} */ ([first, first + 1, first + 2, first + 3]);
  const before = state.map((local) => local + 4);
  const message = (/** @type {number} */ word) => first + 8 + word;
  const spare = first + 24;
  const code = state.flatMap((local, n) => [...load(stateAddress + n * size), ...set(local)]);
  code.push(0x03, 0x40);
  code.push(...state.flatMap((local, n) => [...get(local), ...set(before[n] ?? 0)]));
  for (let word = 0; word < 16; word += 1) {
    code.push(...width.message(word, spare), ...set(message(word)));
  }
  let [a, b, c, d] = /** @type {readonly [number, number, number, number]} */ (state);
  for (let step = 0; step < 64; step += 1) {
    const round = step >> 4;
    const word = wordOf[round]?.(step) ?? 0;
    code.push(...get(a), ...get(message(word)), ...width.constant(step), ...add, ...add);
    code.push(...addMixed(width, round, [b, c, d]));
    code.push(...width.rotate(shifts[round]?.[step & 3] ?? 0, spare));
    code.push(...get(b), ...add, ...set(a));
    [a, b, c, d] = [d, a, b, c];
  }
  code.push(
    ...state.flatMap((local, n) => [...get(local), ...get(before[n] ?? 0), ...add, ...set(local)]),
  );
  for (let stream = 0; stream < streams; stream += 1) {
    code.push(...get(stream), ...number(64), ...add32, ...set(stream));
  }
  code.push(...get(count), ...number(-1), ...add32, ...tee(count), 0x0d, 0x00, 0x0b);
  code.push(
    ...state.flatMap((local, n) => [
      ...number(0),
      ...get(local),
      ...store(stateAddress + n * size),
    ]),
  );
  const body = [1, 25, width.type, ...code, 0x0b];
  return [...unsigned(body.length), ...body];
}

const section = (/** @type {number} */ id, /** @type {readonly number[]} */ bytes) => [
  id,
  ...unsigned(bytes.length),
  ...bytes,
];
const exported = (
  /** @type {string} */ name,
  /** @type {number} */ kind,
  /** @type {number} */ index,
) => [name.length, ...Buffer.from(name), kind, index];

function moduleBytes() {
  const i32 = 0x7f;
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [2, 0x60, 2, i32, i32, 0, 0x60, 5, i32, i32, i32, i32, i32, 0]),
    ...section(3, [2, 0, 1]),
    ...section(5, [1, 0, memoryPages]),
    ...section(7, [
      3,
      ...exported('memory', 2, 0),
      ...exported('one', 0, 0),
      ...exported('four', 0, 1),
    ]),
    ...section(10, [2, ...blocks(words), ...blocks(vectors)]),
  ]);
}

/**
 * What is used of it; Node's types do not name it.
 *
 * @typedef {object} Wasm
 * @property {new (bytes: Uint8Array) => object} Module
 * @property {new (module: object) => { readonly exports: unknown }} Instance
 */

const { WebAssembly } = /** @type {{ readonly WebAssembly: Wasm }} */ (
  /** @type {unknown} */ (globalThis)
);

/**
 * @typedef {object} Md5Code
 * @property {{ readonly buffer: ArrayBuffer }} memory
 * @property {(address: number, blocks: number) => void} one
 * @property {(a: number, b: number, c: number, d: number, blocks: number) => void} four
 */

/** @returns {Md5Code} with a memory of its own, in which the constants are */
export function md5Code() {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes()));
  const code = /** @type {Md5Code} */ (exports);
  const table = new Uint32Array(code.memory.buffer, tableAddress, 64 * 4);
  for (const [step, constant] of constants.entries()) table.fill(constant, step * 4, step * 4 + 4);
  return code;
}
