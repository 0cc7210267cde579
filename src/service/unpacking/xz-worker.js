import { parentPort } from 'node:worker_threads';
import { blockSum } from './block-sums.js';
import { Lzma2 } from './lzma.js';

/** @import { XzAnswer, XzOrder } from './xz-thread.ts' */

const port = parentPort;
if (!port) throw new Error('This is the code of a thread.');

let decoder = new Lzma2(4096);
let sum = blockSum(0);
/** Whether the window, and the model, were begun in this block. */
let hasWindow = false;
let hasModel = false;

/** @param {Extract<XzOrder, { kind: 'chunk' }>} chunk @returns {Uint8Array} */
function dataOf({ control, properties, packed, size }) {
  const isPlain = control < 0x80;
  const reset = isPlain ? 0 : (control >> 5) & 3;
  if (control === 1 || reset === 3) {
    decoder.resetWindow();
    hasWindow = true;
  }
  if (!hasWindow) throw new Error('damaged');
  if (isPlain) return decoder.copy(packed);
  if (reset >= 2) hasModel = true;
  if (!hasModel) throw new Error('damaged');
  if (reset > 0) decoder.resetState(reset >= 2 ? properties : undefined);
  return decoder.decode(packed, size);
}

/** @param {XzOrder} order @returns {Uint8Array} */
function answerTo(order) {
  if (order.kind === 'end') return sum.end();
  if (order.kind === 'chunk') {
    const bytes = dataOf(order);
    sum.add(bytes);
    return bytes;
  }
  decoder = new Lzma2(order.windowSize);
  sum = blockSum(order.check);
  [hasWindow, hasModel] = [false, false];
  return new Uint8Array(0);
}

port.on('message', (/** @type {XzOrder} */ order) => {
  /** @type {XzAnswer} */
  let answer = { bytes: undefined };
  try {
    answer = { bytes: answerTo(order) };
  } catch {
    // Whoever asked says what is wrong.
  }
  port.postMessage(answer);
});
