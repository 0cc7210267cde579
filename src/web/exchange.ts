import type { ClientRequest, IncomingMessage } from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { rootCertificates } from 'node:tls';
import type { Target } from './target.ts';
import { WebError } from './web-error.ts';

// An import of its values would have Node load all of `fetch`: see `http/node-http.ts`.
const http = process.getBuiltinModule('node:http');

/** How long a request may take. Milliseconds. */
export interface WebTimes {
  /** Until there is a connection, TLS included. */
  readonly connect: number;
  /** Until the answer's head is there, and between one look at how much of its body came and the next. */
  readonly silence: number;
  /** From the first look-up to the last byte, redirects included. */
  readonly total: number;
}

export interface ExchangeOptions {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string | undefined;
  readonly times: WebTimes;
  /** Certificates in PEM to trust beside those that Node knows. */
  readonly ca: string | undefined;
  readonly signal: AbortSignal;
}

/** An answer whose body is still to come; whoever has it destroys the request when done. */
export interface Answer {
  readonly request: ClientRequest;
  readonly response: IncomingMessage;
  /** Aborted when the body turned out to be cut off, or not to end where it was announced to. */
  readonly failed: AbortSignal;
}

/** Bytes of an answer's head. */
const maxHead = 16 * 1024;

/**
 * Sends one request to one of the target's addresses, over a connection of its own. Follows nothing.
 *
 * @throws WebError `Unreachable` `TimedOut` `BadAnswer`; the signal's reason once it is aborted
 */
export async function exchange(target: Target, options: ExchangeOptions): Promise<Answer> {
  const { signal, times, body } = options;
  signal.throwIfAborted();
  const request = begin(target, options);
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  using _patience = patience(request, times);
  const onAbort = () => request.destroy(asError(signal.reason));
  signal.addEventListener('abort', onAbort, { once: true });
  const failure = new AbortController();
  const onFailure = (cause: unknown) => {
    reject(cause);
    failure.abort(
      new WebError('BadAnswer', 'The data is cut off, or not as long as was announced.', { cause }),
    );
  };
  request.on('error', onFailure);
  request.once('response', (response) => {
    // Both may fail before anybody reads the body, and the request even after it is answered.
    response.on('error', onFailure);
    resolve({ request, response, failed: failure.signal });
  });
  request.end(body);
  try {
    return await promise;
  } catch (cause) {
    signal.throwIfAborted();
    throw cause instanceof WebError ? cause : toWebError(cause, target);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function begin(target: Target, { method, headers, ca }: ExchangeOptions): ClientRequest {
  const { url, host, port, addresses } = target;
  const isSecure = url.protocol === 'https:';
  const options = {
    method,
    host,
    port,
    path: `${url.pathname}${url.search}`,
    headers: { ...headers, host: url.host, 'user-agent': 'vitrine', connection: 'close' },
    // Its own connection: no other request finds it, whatever was said of its host before.
    agent: false as const,
    lookup: lookupAmong(addresses),
    maxHeaderSize: maxHead,
  };
  if (!isSecure) return http.request(options);
  const trusted = ca === undefined ? {} : { ca: [...rootCertificates, ca] };
  return https.request({ ...options, ...trusted });
}

/** Answers with what was found and judged before, instead of looking again. */
function lookupAmong(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, { all }, callback) => {
    const [first] = found;
    if (all) callback(null, found);
    else callback(null, first?.address ?? '', first?.family);
  };
}

/** Ends the request when it is not connected, or not answered, in time. */
function patience(request: ClientRequest, { connect, silence }: WebTimes): Disposable {
  let timer = setTimeout(() => {
    request.destroy(new WebError('TimedOut', 'No connection could be made in time.'));
  }, connect);
  const onConnect = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      request.destroy(new WebError('TimedOut', 'The host did not answer in time.'));
    }, silence);
  };
  request.once('socket', (socket) => {
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', onConnect);
  });
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

function toWebError(cause: unknown, { host }: Target): WebError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code.startsWith('HPE_')) {
    return new WebError('BadAnswer', `Host ${host} does not speak HTTP as it should.`, { cause });
  }
  return new WebError('Unreachable', `Host ${host} cannot be reached.`, { cause });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
