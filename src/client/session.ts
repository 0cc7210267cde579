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
    | { readonly kind: 'application_credential'; readonly id: string; readonly secret: string };
}

/** A name or an id; a name is looked for in a domain. */
export type NamedIn =
  | { readonly id: string }
  | {
      readonly name: string;
      readonly domain: { readonly id: string } | { readonly name: string };
    };

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path below the service's endpoint, with its leading slash. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Opens what is sent as it is, while it is read; once more when an expired token was replaced. */
  readonly data?: () => ReadableStream<Uint8Array>;
  readonly signal?: AbortSignal;
}

/** A logged-in connection to the services that a token's catalog names. */
export interface Session {
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
}

interface Granted {
  readonly token: string;
  readonly userId: string;
  readonly projectId: string | undefined;
  readonly catalog: readonly Entry[];
}

interface TokenDocument {
  readonly token: {
    readonly user: { readonly id: string };
    readonly project?: { readonly id: string };
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
    const base = service === 'identity' ? login.authUrl : endpointOf(catalog, service);
    return await request(`${base}${asked.path}`, requestInit(token, asked));
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
    userId: async () => (await grant()).userId,

    async projectId() {
      const { projectId } = await grant();
      if (projectId !== undefined) return projectId;
      throw new ApiError('The login is for no project.', { status: 403 });
    },

    async call(service, asked) {
      const text = await (await send(service, asked)).text();
      return text === '' ? undefined : JSON.parse(text);
    },
  };
}

function requestInit(token: string, asked: ApiRequest): RequestInit {
  const { method = 'GET', body, data, signal } = asked;
  const headers = { 'x-auth-token': token, accept: 'application/json' };
  const common = { method, headers, ...(signal && { signal }) };
  if (data) {
    return {
      ...common,
      headers: { ...headers, 'content-type': 'application/octet-stream' },
      body: data(),
      // fetch wants to be told that the answer is not waited for while the data is sent.
      duplex: 'half',
    };
  }
  if (body === undefined) return common;
  return {
    ...common,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}

async function logIn({ authUrl, proof }: Login, request: Requester): Promise<Granted> {
  const response = await request(`${authUrl}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ auth: authOf(proof) }),
  });
  if (!response.ok) throw await apiErrorOf(response);
  const token = response.headers.get('x-subject-token');
  if (token === null) throw new ConnectionError(`${authUrl} is no identity service.`);
  const document = (await response.json()) as TokenDocument;
  const { user, project, catalog } = document.token;
  return { token, userId: user.id, projectId: project?.id, catalog: catalog ?? [] };
}

function authOf(proof: Login['proof']) {
  if (proof.kind === 'application_credential') {
    const { id, secret } = proof;
    return {
      identity: { methods: [proof.kind], application_credential: { id, secret } },
    };
  }
  const user = { ...proof.user, password: proof.password };
  return {
    identity: { methods: ['password'], password: { user } },
    ...(proof.project && { scope: { project: proof.project } }),
  };
}

function endpointOf(catalog: readonly Entry[], type: ServiceType): string {
  const entry = catalog.find((one) => one.type === type);
  const endpoint = entry?.endpoints.find((one) => one.interface === 'public');
  if (endpoint) return endpoint.url.replace(/\/$/, '');
  throw new ApiError(`The identity service names no ${type} service.`, { status: 404 });
}

type Requester = (url: string, init: RequestInit) => Promise<Response>;

function requester(send: typeof fetch): Requester {
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
