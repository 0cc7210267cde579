import http, { type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import https from 'node:https';
import { ObjectServerFailure } from '../object/failure.ts';

/** One request. */
export interface SwiftRequest {
  /** Says in a log what it was for: `read the data`. */
  readonly what: string;
  readonly method: 'DELETE' | 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Uint8Array | string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Sends requests over connections that stay open. */
export interface SwiftConnection extends Disposable {
  /** The answer, whose body is to be read or destroyed. @throws ObjectServerFailure; the signal's reason once it is aborted. */
  send(request: SwiftRequest): Promise<IncomingMessage>;
}

export interface ConnectionOptions {
  /** Milliseconds for which the server may be silent. */
  readonly timeout: number;
  /** Certificates in PEM to trust instead of the usual authorities. */
  readonly ca?: string | undefined;
}

/**
 * Node's own `http` rather than `fetch`: it takes a certificate to trust and memory that threads share without
 * a further package, and follows no redirect (a token goes where the operator said, nowhere else).
 */
export function swiftConnection({ timeout, ca }: ConnectionOptions): SwiftConnection {
  // A connection is held by each client of ours that reads or writes, so these are what limits them.
  const sockets = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 16 };
  const plain = new http.Agent(sockets);
  const secure = new https.Agent({ ...sockets, ...(ca !== undefined && { ca }) });

  function exchange({ method, url, headers = {}, body, signal }: SwiftRequest) {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const isSecure = url.startsWith('https:');
    const length = body !== undefined && { 'content-length': Buffer.byteLength(body) };
    const outgoing = (isSecure ? https : http).request(url, {
      method,
      agent: isSecure ? secure : plain,
      headers: { ...headers, ...length },
      ...(signal && { signal }),
    });
    outgoing.setTimeout(timeout, () => outgoing.destroy(new Silence()));
    outgoing.on('response', resolve);
    outgoing.on('error', reject);
    outgoing.end(body);
    return promise;
  }

  return {
    async send(request) {
      request.signal?.throwIfAborted();
      try {
        return await exchange(request);
      } catch (error) {
        request.signal?.throwIfAborted();
        throw withoutAnswer(request, error);
      }
    },

    [Symbol.dispose]() {
      plain.destroy();
      secure.destroy();
    },
  };
}

class Silence extends Error {}

/** Silence is not tried again: whoever waits has waited long enough. */
function withoutAnswer({ what, url }: SwiftRequest, error: unknown): ObjectServerFailure {
  const { host } = new URL(url);
  const reason = Object(error).code ?? 'the connection was cut';
  const why =
    error instanceof Silence ? `${host} is silent` : `${host} cannot be reached (${reason})`;
  return new ObjectServerFailure('Unavailable', `Could not ${what}: ${why}.`, {
    isPassing: !(error instanceof Silence),
  });
}

/** The whole body, as text. @throws ObjectServerFailure when it is longer than any that is expected, or cut off. */
export async function textOf(answer: IncomingMessage, what: string): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of answer) {
      size += part.length;
      if (size > maxText) break;
      parts.push(part);
    }
  } catch {
    throw new ObjectServerFailure('Unavailable', `Could not ${what}: the answer was cut off.`, {
      isPassing: true,
    });
  }
  if (size <= maxText) return Buffer.concat(parts).toString();
  throw new ObjectServerFailure('Unavailable', `Could not ${what}: the answer is too long.`);
}

/** Bytes. A page of a listing has some 3 MiB. */
const maxText = 16 * 1024 * 1024;
