import type { ServerResponse } from 'node:http';
import type { KernelWay, Sendfile } from './sendfile.ts';
import { vouching } from './vouching.ts';

/** Data that can be read at any position; `StoredReader` is one. */
export interface DataSource extends AsyncDisposable {
  /** Bytes. */
  readonly size: number;
  /** The open file whose bytes these are, from its beginning to its end, where there is one. */
  readonly descriptor?: number | undefined;
  /** Fills `buffer` from `position`; returns the bytes read, less than asked only at the end of the data. */
  read(buffer: Uint8Array, position: number): Promise<number>;
  /** Resolves when what was read is what was stored; waited for before the last bytes are sent. */
  verify?(): Promise<void>;
  /** Looks at what lies at `position`, and resolves to the end of what may be sent from the file then. Absent: all may. */
  vouchFor?(position: number): Promise<number>;
}

export interface SendOptions {
  /** In bytes, both ends inclusive and within the data; absent for all of it. */
  readonly range?: { readonly first: number; readonly last: number } | undefined;
  readonly signal: AbortSignal;
  /** Told of bytes, as they are handed to the operating system. */
  readonly onSent?: (bytes: number) => void;
  /** Lets the system send what is in a file, where it can. */
  readonly sendfile?: (() => Promise<Sendfile | undefined>) | undefined;
}

/** Writing to the client failed, which it does by going away. */
class ClientLeft extends Error {}

const bufferSize = 256 * 1024;

/** Bytes from which it is worth to let the system send. */
const largeSize = 1024 * 1024;

/** Bytes that the system is asked to send at a time: while the disk is waited for, nobody can stop it. */
const kernelSize = 1024 * 1024;

/** Bytes of a write that waits until the connection takes more. */
const pieceSize = 16 * 1024;

/** Writes in a row after which the system took nothing at all: it cannot send such a file, or nobody reads. */
const maxVainTurns = 8;

const keptIdle = 16;
const idle: Buffer[] = [];

/**
 * Sends data as the body of a response whose head, `Content-Length` included, is set; then closes `source`.
 *
 * Resolves to true once everything is handed to the operating system, to false when the client went
 * away. A client that stops reading is left to the server's socket timeout;
 * until then it holds two buffers.
 *
 * @throws the source's error, the signal's reason, or an error when the data ends early. The connection
 *   is then cut: a client must not take what it has for the whole.
 */
export async function sendData(
  response: ServerResponse,
  source: DataSource,
  { range, signal, onSent, sendfile }: SendOptions,
): Promise<boolean> {
  await using opened = source;
  const { first, last } = range ?? { first: 0, last: opened.size - 1 };
  const connection = response.req.socket;
  const left = new AbortController();
  const stopped = AbortSignal.any([left.signal, signal]);
  const onClose = (): void => left.abort(new ClientLeft('The client went away.'));
  // A response that waits for an earlier one on its connection is not told when that closes.
  connection.once('close', onClose);
  response.once('close', onClose);
  if (response.destroyed || connection.destroyed) onClose();
  try {
    const bytes = { first, last, stopped, onSent };
    const system = last - first + 1 < largeSize ? undefined : await sendfile?.();
    const sent = system ? await sendBySystem(response, opened, bytes, system) : 0;
    await sendBytes(response, opened, { ...bytes, first: first + sent });
    return true;
  } catch (error) {
    response.destroy();
    if (error instanceof ClientLeft) return false;
    throw error;
  } finally {
    connection.off('close', onClose);
    response.off('close', onClose);
  }
}

interface Bytes {
  readonly first: number;
  readonly last: number;
  readonly stopped: AbortSignal;
  readonly onSent: SendOptions['onSent'];
}

/** Lets the system send; returns the bytes sent, which need not be all. */
async function sendBySystem(
  response: ServerResponse,
  source: DataSource,
  bytes: Bytes,
  system: Sendfile,
): Promise<number> {
  const { descriptor } = source;
  // A response that waits for its turn has no connection yet.
  const { socket } = response;
  if (descriptor === undefined || !socket) return 0;
  using way = system.wayTo(socket);
  if (!way) return 0;
  const buffer = takeBuffer();
  const piece = buffer.subarray(0, pieceSize);
  const vouched = vouching(source, bytes.last);
  let [position, isFull] = [bytes.first, true];
  for (let vainTurns = 0; position <= bytes.last && vainTurns < maxVainTurns; ) {
    let last = await vouched.from(position);
    if (isFull) {
      // Node's own write is done when the connection takes more. It sends what is before (the head), it is cut
      // off when its reader stands still for too long, and it says what is wrong where the system says nothing.
      position += await sendPiece(response, source, piece, { ...bytes, first: position, last });
      last = await vouched.from(position);
    }
    const sent = await sendUntilFull(way, descriptor, { ...bytes, first: position, last }, () => {
      // The connection's timer sees Node's writes alone.
      if (socket.timeout) socket.setTimeout(socket.timeout);
    });
    position += sent;
    isFull = position <= last;
    vainTurns = sent === 0 ? vainTurns + 1 : 0;
  }
  await vouched.end();
  releaseBuffer(buffer);
  return position - bytes.first;
}

async function sendPiece(
  response: ServerResponse,
  source: DataSource,
  piece: Uint8Array,
  { first, last, stopped, onSent }: Bytes,
): Promise<number> {
  stopped.throwIfAborted();
  const bytes = piece.subarray(0, last - first + 1);
  await readWhole(source, bytes, first);
  await write(response, bytes, stopped);
  onSent?.(bytes.length);
  return bytes.length;
}

async function sendUntilFull(
  way: KernelWay,
  descriptor: number,
  { first, last, stopped, onSent }: Bytes,
  onMoved: () => void,
): Promise<number> {
  for (let position = first; ; ) {
    const wanted = Math.min(kernelSize, last - position + 1);
    stopped.throwIfAborted();
    const sent = wanted > 0 ? await way.send(descriptor, position, wanted) : 0;
    position += sent;
    if (sent > 0) onSent?.(sent);
    if (sent > 0) onMoved();
    if (sent < kernelSize) return position - first;
  }
}

async function readWhole(source: DataSource, bytes: Uint8Array, position: number): Promise<void> {
  const length = await source.read(bytes, position);
  if (length < bytes.length) throw new Error(`The data ends early, at ${position + length}.`);
}

/** Reads into one buffer while the other is on its way to the client. */
async function sendBytes(
  response: ServerResponse,
  source: DataSource,
  { first, last, stopped, onSent }: Bytes,
): Promise<void> {
  const buffers = [takeBuffer(), takeBuffer()] as const;
  let [writing, writingBefore] = [Promise.resolve(), Promise.resolve()];
  let [buffer, other] = buffers;
  for (let position = first; position <= last; position += bufferSize) {
    await writingBefore;
    stopped.throwIfAborted();
    const bytes = buffer.subarray(0, Math.min(bufferSize, last - position + 1));
    await readWhole(source, bytes, position);
    if (position + bytes.length > last) await source.verify?.();
    writingBefore = writing;
    writing = write(response, bytes, stopped).then(() => onSent?.(bytes.length));
    // It is awaited two turns later; until then nobody may call its failure unhandled.
    writing.catch(() => undefined);
    [buffer, other] = [other, buffer];
  }
  await writingBefore;
  await writing;
  await settledBy(stopped, (done) => response.end(done));
  // Only now: after a failure the system may still be reading a buffer.
  for (const used of buffers) releaseBuffer(used);
}

function write(response: ServerResponse, bytes: Uint8Array, stopped: AbortSignal): Promise<void> {
  return settledBy(stopped, (done) => response.write(bytes, done));
}

/** Waits for a callback that a closed connection may never call. */
function settledBy(
  stopped: AbortSignal,
  begin: (done: (error?: Error | null) => void) => void,
): Promise<void> {
  const settled = Promise.withResolvers<void>();
  const onStop = (): void => settled.reject(stopped.reason);
  stopped.addEventListener('abort', onStop, { once: true });
  if (stopped.aborted) onStop();
  begin((error) => {
    stopped.removeEventListener('abort', onStop);
    if (error) settled.reject(new ClientLeft('The client went away.', { cause: error }));
    else settled.resolve();
  });
  return settled.promise;
}

function takeBuffer(): Buffer {
  return idle.pop() ?? Buffer.allocUnsafeSlow(bufferSize);
}

function releaseBuffer(buffer: Buffer): void {
  if (idle.length < keptIdle) idle.push(buffer);
}
