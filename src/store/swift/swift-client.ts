import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { ObjectServerFailure, retryAfterOf } from '../object/failure.ts';
import type { StoreErrorCode } from '../store.ts';
import { type SwiftConnection, type SwiftRequest, textOf } from './connection.ts';
import type { SwiftLogin } from './login.ts';

/** A request about something in the container. */
export interface ContainerRequest extends Omit<SwiftRequest, 'url' | 'headers'> {
  /** An object's name, which needs no escapes; empty for the container itself. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: OutgoingHttpHeaders;
  /** The statuses that are no failure. */
  readonly expected: readonly number[];
}

/** An answer that was read to its end. */
export interface SwiftAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
}

/** Asks for things in one container. */
export interface SwiftClient extends Disposable {
  readonly container: string;
  /** @throws ObjectServerFailure for any other answer than those expected; the signal's reason once it is aborted. */
  ask(request: ContainerRequest): Promise<SwiftAnswer>;
  /** As `ask`, with the body yet to be read. */
  open(request: ContainerRequest): Promise<IncomingMessage>;
}

export interface SwiftClientOptions {
  readonly connection: SwiftConnection;
  readonly login: SwiftLogin;
  readonly container: string;
}

const codes: Readonly<Record<number, StoreErrorCode>> = {
  404: 'NotFound',
  412: 'Exists',
  413: 'Full',
  507: 'Full',
};

/** A client that logs in by itself, and again when its token has ended. */
export function swiftClient({ connection, login, container }: SwiftClientOptions): SwiftClient {
  async function sendOnce({ path, query, headers, ...request }: ContainerRequest) {
    const session = await untilAborted(login.session(), request.signal);
    const name = [encodeURIComponent(container), ...(path === '' ? [] : [path])].join('/');
    const search = query ? `?${new URLSearchParams(query).toString()}` : '';
    const url = `${session.storageUrl}/${name}${search}`;
    const answer = await connection.send({
      ...request,
      url,
      headers: { ...headers, 'x-auth-token': session.token },
    });
    return { session, answer };
  }

  async function send(request: ContainerRequest): Promise<IncomingMessage> {
    const { session, answer } = await sendOnce(request);
    if (answer.statusCode !== 401) return answer;
    answer.resume();
    login.discard(session);
    return (await sendOnce(request)).answer;
  }

  async function open(request: ContainerRequest): Promise<IncomingMessage> {
    const answer = await send(request);
    if (request.expected.includes(answer.statusCode ?? 0)) return answer;
    answer.resume();
    throw unexpected(request, answer);
  }

  return {
    container,
    open,

    async ask(request) {
      const answer = await open(request);
      const text = await textOf(answer, request.what);
      return { status: answer.statusCode ?? 0, headers: singleHeaders(answer), text };
    },

    [Symbol.dispose]: () => connection[Symbol.dispose](),
  };
}

function singleHeaders({ headers }: IncomingMessage) {
  return headers as Readonly<Record<string, string | undefined>>;
}

function unexpected({ what }: ContainerRequest, answer: IncomingMessage): ObjectServerFailure {
  const { statusCode = 0, headers } = answer;
  const transaction = headers['x-trans-id'];
  return statusFailure(what, statusCode, {
    where: transaction === undefined ? '' : ` (${String(transaction)})`,
    retryAfter: retryAfterOf(headers['retry-after']),
  });
}

/** The failure that a status stands for. */
export function statusFailure(
  what: string,
  status: number,
  {
    where = '',
    retryAfter,
  }: { readonly where?: string; readonly retryAfter?: number | undefined } = {},
): ObjectServerFailure {
  const code = codes[status] ?? 'Unavailable';
  const hint = status === 401 || status === 403 ? ' May the account use the container?' : '';
  // 408 and 499 are for data that did not arrive, 422 for data that arrived as other bytes.
  const isPassing = status >= 498 || [408, 422, 429].includes(status);
  const text = `Could not ${what}: the server answers ${status}${where}.${hint}`;
  const options = { isPassing: code === 'Unavailable' && isPassing, retryAfter };
  return new ObjectServerFailure(code, text, options);
}

/** Waits no longer than `signal` allows for work that others wait for too. @throws the signal's reason */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return await work;
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
