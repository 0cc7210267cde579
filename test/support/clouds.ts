import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

/** How one account of a `clouds.yaml` logs in. Unknown keys of the file are kept. */
export interface CloudAuth {
  readonly auth_url: string;
  readonly username: string;
  readonly password: string;
  readonly project_name: string;
  readonly user_domain_id?: string;
  readonly user_domain_name?: string;
  readonly project_domain_id?: string;
  readonly project_domain_name?: string;
}

/** A project that is logged in: its identity, and the Images API as its member sees it. */
export interface Login {
  readonly token: string;
  readonly projectId: string;
  /** The Images API's endpoint as the catalog has it, without a trailing slash and without a version. */
  readonly imageEndpoint: string;
}

/** The login data of `cloud` in the `clouds.yaml` at `path`. */
export async function cloudAuth(path: string, cloud: string): Promise<CloudAuth> {
  const file: { clouds?: Record<string, { auth: CloudAuth }> } = parse(
    await readFile(path, 'utf8'),
  );
  const entry = file.clouds?.[cloud];
  if (!entry) throw new Error(`${path} has no cloud ${cloud}.`);
  return entry.auth;
}

/** Logs in by password, scoped to the account's project. */
export async function logIn(auth: CloudAuth): Promise<Login> {
  const response = await fetch(`${auth.auth_url}/auth/tokens`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      auth: {
        identity: {
          methods: ['password'],
          password: {
            user: {
              name: auth.username,
              password: auth.password,
              domain: domain(auth.user_domain_id, auth.user_domain_name),
            },
          },
        },
        scope: {
          project: {
            name: auth.project_name,
            domain: domain(auth.project_domain_id, auth.project_domain_name),
          },
        },
      },
    }),
  });
  if (response.status !== 201) {
    throw new Error(`${auth.username} cannot log in: ${response.status} ${await response.text()}`);
  }
  const { token } = (await response.json()) as TokenBody;
  return {
    token: response.headers.get('X-Subject-Token') ?? '',
    projectId: token.project.id,
    imageEndpoint: imageEndpoint(token),
  };
}

interface TokenBody {
  readonly token: {
    readonly project: { readonly id: string };
    readonly catalog: readonly {
      readonly type: string;
      readonly endpoints: readonly { readonly interface: string; readonly url: string }[];
    }[];
  };
}

function domain(id: string | undefined, name: string | undefined) {
  return id === undefined ? { name: name ?? 'Default' } : { id };
}

function imageEndpoint(token: TokenBody['token']): string {
  const service = token.catalog.find(({ type }) => type === 'image');
  const endpoint = service?.endpoints.find((one) => one.interface === 'public');
  if (!endpoint) throw new Error('The catalog has no public image endpoint.');
  return endpoint.url.replace(/\/+$/, '');
}
