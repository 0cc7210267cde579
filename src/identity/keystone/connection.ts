import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import { KeystoneFailure } from './failure.ts';
import { untilAborted } from './until-aborted.ts';

// An import of its values would have Node load all of `fetch`: see `http/node-http.ts`.
const http = process.getBuiltinModule('node:http');

/** One request, below the URL of Keystone's API. */
export interface KeystoneRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Path and query, with a slash at its beginning. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

export interface KeystoneAnswer {
  readonly status: number;
  /** The token that the answer speaks of. */
  readonly subjectToken: string | undefined;
  readonly text: string;
}

/** Sends requests to Keystone over connections that stay open. */
export interface KeystoneConnection extends Disposable {
  /** @throws KeystoneFailure without an answer, or with one too long; the signal's reason once it is aborted. */
  send(request: KeystoneRequest): Promise<KeystoneAnswer>;
}

export interface ConnectionOptions {
  /** Of the Identity API v3, `http` or `https`, without a slash at its end. */
  readonly url: string;
  /** Certificates in PEM to trust instead of the system's. */
  readonly ca?: string | undefined;
}

/** Requests under way at a time; more wait for their turn, so that a rush does not run Keystone over. */
const maxConnections = 32;

/** Bytes. A token without its catalog is a few KiB. */
const maxAnswer = 512 * 1024;

/**
 * Node's own `http` rather than `fetch`: it takes a certificate to trust without a further package,
 * follows no redirect (a token goes where the operator said, nowhere else) and costs less a request.
 */
export function keystoneConnection({ url, ca }: ConnectionOptions): KeystoneConnection {
  const { protocol, hostname, port, pathname } = new URL(url);
  const isSecure = protocol === 'https:';
  const options = { keepAlive: true, maxSockets: maxConnections, maxFreeSockets: 4 };
  const agent = isSecure ? new https.Agent({ ...options, ca }) : new http.Agent(options);
  const { request } = isSecure ? https : http;
  // Brackets are of the URL, not of the address.
  const target = { agent, hostname: hostname.replace(/^\[|\]$/g, ''), port };
  const base = pathname.replace(/\/$/, '');

  function exchange({ method, path, headers, body, signal }: KeystoneRequest) {
    const { promise, resolve, reject } = Promise.withResolvers<KeystoneAnswer>();
    const outgoing = request({
      ...target,
      path: base + path,
      method,
      signal,
      headers: {
        ...headers,
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
    });
    outgoing.on('response', (response) => void readAnswer(response).then(resolve, reject));
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    return promise;
  }

  return {
    async send(request) {
      const { signal } = request;
      signal.throwIfAborted();
      try {
        // A request that waits for a connection does not notice by itself that it is aborted.
        return await untilAborted(exchange(request), signal);
      } catch (cause) {
        signal.throwIfAborted();
        if (cause instanceof KeystoneFailure) throw cause;
        throw new KeystoneFailure('Keystone cannot be reached.', { isPassing: true, cause });
      }
    },
    [Symbol.dispose]: () => agent.destroy(),
  };
}

async function readAnswer(response: IncomingMessage): Promise<KeystoneAnswer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response) {
    size += part.length;
    if (size > maxAnswer) {
      response.destroy();
      throw new KeystoneFailure(`The answer is longer than ${maxAnswer} bytes.`, {
        isPassing: false,
      });
    }
    parts.push(part);
  }
  const subjectToken = response.headers['x-subject-token'];
  return {
    status: response.statusCode ?? 0,
    subjectToken: typeof subjectToken === 'string' ? subjectToken : undefined,
    text: Buffer.concat(parts).toString(),
  };
}
