import type { ServerResponse } from 'node:http';

/** Data that can be read at any position; `StoredReader` is one. */
export interface DataSource extends AsyncDisposable {
  /** Bytes. */
  readonly size: number;
  /** Fills `buffer` from `position`; returns the bytes read, less than asked only at the end of the data. */
  read(buffer: Uint8Array, position: number): Promise<number>;
}

export interface SendOptions {
  /** In bytes, both ends inclusive and within the data; absent for all of it. */
  readonly range?: { readonly first: number; readonly last: number } | undefined;
  readonly signal: AbortSignal;
  /** Told of bytes, as they are handed to the operating system. */
  readonly onSent?: (bytes: number) => void;
}

/** Writing to the client failed, which it does by going away. */
class ClientLeft extends Error {}

const bufferSize = 256 * 1024;
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
  { range, signal, onSent }: SendOptions,
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
    await sendBytes(response, opened, { first, last, stopped, onSent });
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
    const length = await source.read(bytes, position);
    if (length < bytes.length) throw new Error(`The data ends early, at ${position + length}.`);
    writingBefore = writing;
    writing = write(response, bytes, stopped).then(() => onSent?.(length));
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
