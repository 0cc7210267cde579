import { ApiError, apiErrorOf, CertificateError, ConnectionError } from './api-error.ts';

/** How to log in to an identity service, as a `clouds.yaml` says it. */
export interface Login {
  /** Such as `http://127.0.0.1:9292/identity/v3`. */
  readonly authUrl: string;
  readonly proof:
    | {
        readonly kind: 'password';
        readonly user: NamedIn;
        readonly password: string;
        /** Left out, the user's default project. */
        readonly project?: NamedIn;
      }
    | { readonly kind: 'application_credential'; readonly id: string; readonly secret: string }
    | {
        readonly kind: 'token';
        readonly token: string;
        /** Left out, what the token itself is for. */
        readonly project?: NamedIn;
      };
}

/** A name or an id; a name is looked for in a domain. */
export type NamedIn =
  | { readonly id: string }
  | {
      readonly name: string;
      readonly domain: { readonly id: string } | { readonly name: string };
    };

export interface ApiRequest {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path below the service's endpoint, with its leading slash. */
  readonly path: string;
  /** Beside those that every request has. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Which JSON, where it is not just any. */
  readonly contentType?: string;
  /** What is sent as it is; once more when an expired token was replaced. */
  readonly data?: DataToSend;
  readonly signal?: AbortSignal;
}

/** Bytes, and who wants to know how far they are. */
export interface DataToSend {
  readonly bytes: Blob;
  /** Called with the bytes sent so far. */
  readonly onProgress?: ((sent: number) => void) | undefined;
}

/** A user or project as a token names it. */
export interface Named {
  readonly id: string;
  readonly name: string;
}

/** What a login has given. */
export interface Grant {
  readonly token: string;
  readonly user: Named;
  /** Undefined for a token that is for no project. */
  readonly project: Named | undefined;
  /** Names. */
  readonly roles: readonly string[];
  /** ISO 8601, UTC. */
  readonly expiresAt: string;
}

/** A logged-in connection to the services that a token's catalog names. */
export interface Session {
  /** The token, and whom it stands for. @throws ApiError when the login is refused. */
  grant(): Promise<Grant>;
  /** The id of the user who is logged in. */
  userId(): Promise<string>;
  /** The id of the project that the session works in. @throws ApiError when it works in none. */
  projectId(): Promise<string>;
  /**
   * Calls a service and gives its answer, whose body is still to be read.
   * An expired token is replaced once.
   *
   * @throws ApiError for a refusal, ConnectionError when there is no answer.
   */
  send(service: ServiceType, request: ApiRequest): Promise<Response>;
  /**
   * Calls a service like `send` and returns the JSON that it answers; undefined for an empty answer.
   *
   * @throws ApiError for a refusal, ConnectionError when there is no answer.
   */
  call(service: ServiceType, request: ApiRequest): Promise<unknown>;
}

export type ServiceType = 'identity' | 'image';

export interface SessionOptions {
  /** Sends every request, the login too; absent: the global `fetch`. */
  readonly fetch?: typeof fetch;
  /** Where the image service is, whatever the catalog says: a page of the service asks the one that it came from. */
  readonly imageUrl?: string;
  /** Sends data in place of `fetch`, which in browsers does not tell how far it is. */
  readonly sendData?: SendData;
}

/** Sends a request with data, as `fetch` would. @throws whatever `fetch` throws */
export type SendData = (url: string, init: SendDataInit) => Promise<Response>;

export interface SendDataInit extends DataToSend {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

interface Granted extends Grant {
  readonly catalog: readonly Entry[];
}

interface TokenDocument {
  readonly token: {
    readonly user: Named;
    readonly project?: Named;
    readonly roles?: readonly Named[];
    readonly expires_at: string;
    readonly catalog?: readonly Entry[];
  };
}

interface Entry {
  readonly type: string;
  readonly endpoints: readonly { readonly interface: string; readonly url: string }[];
}

/** Opens a session; it logs in at its first call. */
export function openSession(login: Login, options: SessionOptions = {}): Session {
  const request = requester(options.fetch ?? fetch);
  const requestWithData = requester(options.sendData ?? sendDataBy(options.fetch ?? fetch));
  let granted: Promise<Granted> | undefined;

  function grant(): Promise<Granted> {
    granted ??= logIn(login, request).catch((error: unknown) => {
      // The next call tries anew: the service may only have been starting.
      granted = undefined;
      throw error;
    });
    return granted;
  }

  async function attempt(service: ServiceType, asked: ApiRequest): Promise<Response> {
    const { token, catalog } = await grant();
    // The address that worked for the login is the one to go on with.
    const imageUrl = () => options.imageUrl ?? endpointOf(catalog, service);
    const url = `${service === 'identity' ? login.authUrl : imageUrl()}${asked.path}`;
    const init = requestInit(token, asked);
    return await (asked.data
      ? requestWithData(url, { ...init, ...asked.data })
      : request(url, { ...init, ...bodyInit(asked) }));
  }

  async function send(service: ServiceType, asked: ApiRequest): Promise<Response> {
    let response = await attempt(service, asked);
    if (response.status === 401) {
      await response.body?.cancel();
      granted = undefined;
      response = await attempt(service, asked);
    }
    if (!response.ok) throw await apiErrorOf(response);
    return response;
  }

  return {
    send,
    grant,
    userId: async () => (await grant()).user.id,

    async projectId() {
      const { project } = await grant();
      if (project) return project.id;
      throw new ApiError('The login is for no project.', { status: 403 });
    },

    async call(service, asked) {
      const text = await (await send(service, asked)).text();
      return text === '' ? undefined : JSON.parse(text);
    },
  };
}

function requestInit(token: string, { method = 'GET', signal, data, ...asked }: ApiRequest) {
  const type = data ? 'application/octet-stream' : asked.body !== undefined && jsonType(asked);
  return {
    method,
    headers: {
      'x-auth-token': token,
      accept: 'application/json',
      ...(type && { 'content-type': type }),
      ...asked.headers,
    },
    ...(signal && { signal }),
  };
}

function jsonType({ contentType = 'application/json' }: Pick<ApiRequest, 'contentType'>): string {
  return contentType;
}

function bodyInit({ body }: ApiRequest): RequestInit {
  return body === undefined ? {} : { body: JSON.stringify(body) };
}

/** Data as a stream that counts, for a `fetch` that takes streams: that of programs does, those of browsers mostly not. */
function sendDataBy(send: typeof fetch): SendData {
  return (url, { bytes, onProgress, ...init }) => {
    const body = bytes.stream().pipeThrough(counter(onProgress));
    // fetch wants to be told that the answer is not waited for while the data is sent.
    const streaming = { ...init, body, duplex: 'half' } as const;
    return send(url, streaming);
  };
}

function counter(onProgress: DataToSend['onProgress']): TransformStream<Uint8Array, Uint8Array> {
  let sent = 0;
  return new TransformStream({
    transform(chunk, controller) {
      sent += chunk.byteLength;
      controller.enqueue(chunk);
      onProgress?.(sent);
    },
  });
}

async function logIn({ authUrl, proof }: Login, request: Requester<RequestInit>): Promise<Granted> {
  const response = await request(`${authUrl}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ auth: authOf(proof) }),
  });
  if (!response.ok) throw await apiErrorOf(response);
  const token = response.headers.get('x-subject-token');
  if (token === null) throw new ConnectionError(`${authUrl} is no identity service.`);
  const document = (await response.json()) as TokenDocument;
  const { user, project, roles = [], expires_at: expiresAt, catalog = [] } = document.token;
  return { token, user, project, roles: roles.map(({ name }) => name), expiresAt, catalog };
}

function authOf(proof: Login['proof']) {
  if (proof.kind === 'application_credential') {
    const { id, secret } = proof;
    return {
      identity: { methods: [proof.kind], application_credential: { id, secret } },
    };
  }
  const scope = proof.project && { scope: { project: proof.project } };
  if (proof.kind === 'token') {
    return { identity: { methods: [proof.kind], token: { id: proof.token } }, ...scope };
  }
  const user = { ...proof.user, password: proof.password };
  return { identity: { methods: ['password'], password: { user } }, ...scope };
}

function endpointOf(catalog: readonly Entry[], type: ServiceType): string {
  const entry = catalog.find((one) => one.type === type);
  const endpoint = entry?.endpoints.find((one) => one.interface === 'public');
  if (endpoint) return endpoint.url.replace(/\/$/, '');
  throw new ApiError(`The identity service names no ${type} service.`, { status: 404 });
}

type Requester<Init> = (url: string, init: Init) => Promise<Response>;

function requester<Init extends { readonly signal?: AbortSignal | null }>(
  send: Requester<Init>,
): Requester<Init> {
  return async (url, init) => {
    try {
      return await send(url, init);
    } catch (cause) {
      init.signal?.throwIfAborted();
      const { origin } = new URL(url);
      const code = codeOf(cause);
      if (/CERT|LEAF/.test(code)) {
        throw new CertificateError(`The certificate of ${origin} is not believed (${code}).`, {
          cause,
        });
      }
      throw new ConnectionError(`Nothing answers at ${origin}.`, { cause });
    }
  };
}

/** What the runtime calls the failure of a `fetch`, which has it as its cause. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}
