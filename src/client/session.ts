import { ApiError, apiErrorOf, ConnectionError } from './api-error.ts';

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
}

/** A logged-in connection to the services that a token's catalog names. */
export interface Session {
  /** The id of the user who is logged in. */
  userId(): Promise<string>;
  /**
   * Calls a service and returns the JSON that it answers; undefined for an empty answer.
   * An expired token is replaced once.
   *
   * @throws ApiError for a refusal, ConnectionError when there is no answer.
   */
  call(service: ServiceType, request: ApiRequest): Promise<unknown>;
}

export type ServiceType = 'identity' | 'image';

interface Granted {
  readonly token: string;
  readonly userId: string;
  readonly catalog: readonly Entry[];
}

interface Entry {
  readonly type: string;
  readonly endpoints: readonly { readonly interface: string; readonly url: string }[];
}

/** Opens a session; it logs in at its first call. */
export function openSession(login: Login): Session {
  let granted: Promise<Granted> | undefined;

  function grant(): Promise<Granted> {
    granted ??= logIn(login);
    return granted;
  }

  async function send(service: ServiceType, { method = 'GET', path, body }: ApiRequest) {
    const { token, catalog } = await grant();
    // The address that worked for the login is the one to go on with.
    const base = service === 'identity' ? login.authUrl : endpointOf(catalog, service);
    return await request(`${base}${path}`, {
      method,
      headers: {
        'x-auth-token': token,
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  return {
    userId: async () => (await grant()).userId,

    async call(service, asked) {
      let response = await send(service, asked);
      if (response.status === 401) {
        await response.body?.cancel();
        granted = undefined;
        response = await send(service, asked);
      }
      if (!response.ok) throw await apiErrorOf(response);
      const text = await response.text();
      return text === '' ? undefined : JSON.parse(text);
    },
  };
}

async function logIn({ authUrl, proof }: Login): Promise<Granted> {
  const response = await request(`${authUrl}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ auth: authOf(proof) }),
  });
  if (!response.ok) throw await apiErrorOf(response);
  const token = response.headers.get('x-subject-token');
  if (token === null) throw new ConnectionError(`${authUrl} is no identity service.`);
  const document = (await response.json()) as {
    readonly token: { readonly user: { readonly id: string }; readonly catalog?: readonly Entry[] };
  };
  return { token, userId: document.token.user.id, catalog: document.token.catalog ?? [] };
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

async function request(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    const { origin } = new URL(url);
    throw new ConnectionError(`Nothing answers at ${origin}.`, { cause });
  }
}
