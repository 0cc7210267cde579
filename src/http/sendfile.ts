import { closeSync } from 'node:fs';
import type { Socket } from 'node:net';
import process from 'node:process';

/**
 * The system's `sendfile(2)`: a file goes to a socket within the kernel, without a copy in this process.
 *
 * Node has no call for it, so it comes through `koffi`, which is loaded with the first large download.
 */
export interface Sendfile {
  /** A way to a plain TCP connection; undefined when it is closed, or anything else. */
  wayTo(socket: Socket): KernelWay | undefined;
}

/** Sends to one connection; close it when no `send` is running any more. */
export interface KernelWay extends Disposable {
  /**
   * Sends up to `length` bytes of an open file from `position`; returns how many the connection took without
   * waiting for its other end. 0 says that it takes none now, that it is broken, or that the file cannot be
   * read: whoever writes next in the ordinary way learns which.
   */
  send(file: number, position: number, length: number): Promise<number>;
}

/** From `fcntl.h`: duplicate a descriptor, and close it in programs that are started. */
const duplicateAndClose = 1030;

/**
 * Each call takes a thread of Node's pool, of which there are four, for as long as the disk takes; and koffi some
 * memory from when it is queued.
 */
const callsAtOnce = 3;

let loaded: Promise<Sendfile | undefined> | undefined;

/** The one of this machine; undefined where there is none: other systems, other processors, koffi not installed. */
export function loadSendfile(): Promise<Sendfile | undefined> {
  loaded ??= load().catch(() => undefined);
  return loaded;
}

async function load(): Promise<Sendfile | undefined> {
  // Elsewhere `off_t` or the meaning of the arguments differs.
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) return undefined;
  const { default: koffi } = await import('koffi');
  const library = koffi.load(null);
  const sendfile = library.func(
    'int64_t sendfile(int to, int file, int64_t *offset, size_t length)',
  );
  const duplicate = library.func('int fcntl(int descriptor, int command, ...)');
  const inTurn = turns(callsAtOnce);

  const call = (to: number, file: number, position: number, length: number) =>
    new Promise<number>((resolve, reject) => {
      // An array is copied for the call. Memory of a typed one would be handed to it, and the collector of
      // garbage, which does not know, would take it back meanwhile.
      sendfile.async(to, file, [position], length, (error: unknown, sent: number | bigint) => {
        if (error) reject(error);
        else resolve(Math.max(0, Number(sent)));
      });
    });

  return {
    wayTo(socket) {
      const descriptor = descriptorOf(socket);
      if (descriptor === undefined) return undefined;
      // Ours until we close it: when Node closes its own meanwhile, the number may at once be another
      // connection's, and a call under way would send this file there.
      const own = Number(duplicate(descriptor, duplicateAndClose, 'int', 0));
      if (own < 0) return undefined;
      return {
        send: (file, position, length) => inTurn(() => call(own, file, position, length)),
        [Symbol.dispose]: () => closeSync(own),
      };
    },
  };
}

/** Node keeps the number to itself; TLS has one too, but what is sent there must be encrypted first. */
function descriptorOf(socket: Socket): number | undefined {
  if (socket.destroyed || 'encrypted' in socket || !('_handle' in socket)) return undefined;
  const handle: unknown = socket._handle;
  if (typeof handle !== 'object' || handle === null || !('fd' in handle)) return undefined;
  return typeof handle.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined;
}

/** Lets only so many run at a time. */
function turns(atOnce: number) {
  let running = 0;
  const waiting: (() => void)[] = [];

  return async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running < atOnce) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The place is handed on without being given up.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
