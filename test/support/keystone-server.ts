import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json as readJson } from 'node:stream/consumers';
import { noteSecret } from './secrets.ts';

/** What a token is about; by default a member's, of a project, for an hour. */
export interface TokenSubject {
  readonly userId?: string;
  readonly scope?: 'project' | 'domain' | 'system' | 'unscoped';
  readonly projectId?: string;
  readonly roles?: readonly string[];
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number;
  /** Those of the application credential that the token was made with. */
  readonly accessRules?: readonly object[];
}

/** A request that came. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

/** Answers a request in another way than Keystone does. */
export type Answer = (
  request: IncomingMessage,
  response: ServerResponse,
  usual: () => void,
) => void;

/** Enough of Keystone's wire format to be asked about tokens, projects and users. */
export interface KeystoneServer extends AsyncDisposable {
  /** With `/v3` at its end. */
  readonly url: string;
  readonly asked: readonly Asked[];
  /** How many requests came by that method to that path. */
  count(method: 'GET' | 'POST', path: string): number;
  issue(subject?: TokenSubject): string;
  revoke(token: string): void;
  /** Voids every token that the service user has. */
  revokeServiceTokens(): void;
  addProject(project: Readonly<Record<string, unknown>> & { readonly id: string }): void;
  addUser(user: Readonly<Record<string, unknown>> & { readonly id: string }): void;
  /** Answers requests by `answer` from now on; without one, as Keystone does. */
  answerBy(answer: Answer | undefined): void;
}

/** The service user whom the server knows. */
export const serviceUser = { username: 'vitrine', password: 'a password of the service user' };

/** The application credential that the server knows. */
export const serviceCredential = { id: 'c1', secret: 'a secret of the credential' };

/** Starts a server on a free port of the loopback address. */
export async function startKeystoneServer(now: () => number = Date.now): Promise<KeystoneServer> {
  noteSecret(serviceUser.password);
  noteSecret(serviceCredential.secret);
  const tokens = new Map<string, TokenSubject>();
  const serviceTokens = new Set<string>();
  const known = { projects: new Map<string, object>(), users: new Map<string, object>() };
  const asked: Asked[] = [];
  let answer: Answer | undefined;

  function logIn(body: unknown, response: ServerResponse): void {
    const token = newToken();
    const document = tokenDocument({ userId: 'service', expiresAt: now() + hour }, now());
    if (isServiceLogin(body)) {
      serviceTokens.add(token);
      send(response, 201, document, { 'x-subject-token': token });
    } else {
      sendError(response, 401);
    }
  }

  function validate(request: IncomingMessage, url: URL, response: ServerResponse): void {
    const token = String(request.headers['x-subject-token']);
    const subject = tokens.get(token);
    const document = subject && tokenDocument(subject, now());
    const grace = url.searchParams.get('allow_expired') === '1' ? 48 * hour : 0;
    const end = Date.parse(document?.token.expires_at ?? '') + grace;
    const knowsRules = request.headers['openstack-identity-access-rules'] === '1.0';
    const isTold = subject?.accessRules === undefined || knowsRules;
    if (document && isTold && end > now())
      send(response, 200, document, { 'x-subject-token': token });
    else sendError(response, 404);
  }

  function lookUp(url: URL, response: ServerResponse): void {
    const [, , kind = '', id] = url.pathname.split('/');
    const all = kind === 'projects' || kind === 'users' ? known[kind] : new Map<string, object>();
    if (id === undefined) {
      const wanted = [...url.searchParams];
      const found = [...all.values()].filter((one) =>
        wanted.every(([key, value]) => sameText((one as Record<string, unknown>)[key], value)),
      );
      send(response, 200, { [kind]: found, links: { next: null } });
      return;
    }
    const one = all.get(id);
    if (one) send(response, 200, { [kind.slice(0, -1)]: one });
    else sendError(response, 404);
  }

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '' } = request;
    const url = new URL(path, 'http://keystone');
    const body = method === 'POST' ? await readJson(request) : undefined;
    asked.push({ method, path, body });
    const usual = () => {
      if (method === 'POST') logIn(body, response);
      else if (!serviceTokens.has(String(request.headers['x-auth-token'])))
        sendError(response, 401);
      else if (url.pathname === '/v3/auth/tokens') validate(request, url, response);
      else lookUp(url, response);
    };
    if (answer) answer(request, response, usual);
    else usual();
  }

  const server = createServer((request, response) => void take(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v3`,
    asked,
    count: (method, path) =>
      asked.filter((one) => one.method === method && one.path.split('?', 1)[0] === path).length,
    issue(subject = {}) {
      const token = newToken();
      tokens.set(token, { expiresAt: now() + hour, ...subject });
      return token;
    },
    revoke: (token) => void tokens.delete(token),
    revokeServiceTokens: () => serviceTokens.clear(),
    addProject: (project) => void known.projects.set(project.id, project),
    addUser: (user) => void known.users.set(user.id, user),
    answerBy(other) {
      answer = other;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const hour = 3_600_000;

function newToken(): string {
  return `gAAAAA${randomBytes(90).toString('base64url')}`;
}

/** As a database that does not tell upper case from lower. */
function sameText(a: unknown, b: string): boolean {
  return String(a).toLowerCase() === b.toLowerCase();
}

function isServiceLogin(body: unknown): boolean {
  const { identity, scope } = (body as { auth: Record<string, unknown> }).auth;
  const { password, application_credential: credential } = identity as {
    password?: { user: { name: string; password: string } };
    application_credential?: { id: string; secret: string };
  };
  if (credential) {
    const { id, secret } = serviceCredential;
    return credential.id === id && credential.secret === secret && scope === undefined;
  }
  const { username, password: right } = serviceUser;
  return password?.user.name === username && password.user.password === right;
}

function tokenDocument(subject: TokenSubject, now: number) {
  const { userId = 'u1', scope = 'project', projectId = 'p1' } = subject;
  const { roles = ['member', 'reader'], expiresAt = now + hour, accessRules } = subject;
  const domain = { id: 'default', name: 'Default' };
  return {
    token: {
      methods: ['password'],
      user: { id: userId, name: userId, domain, password_expires_at: null },
      audit_ids: ['a'],
      issued_at: '2026-01-01T00:00:00.000000Z',
      expires_at: new Date(expiresAt).toISOString().replace('Z', '000Z'),
      ...(scope === 'project' && {
        is_domain: false,
        project: { id: projectId, name: 'p', domain },
      }),
      ...(scope === 'domain' && { domain }),
      ...(scope === 'system' && { system: { all: true } }),
      ...(accessRules && {
        application_credential: { id: 'c', name: 'c', restricted: true, access_rules: accessRules },
      }),
      ...(scope !== 'unscoped' && { roles: roles.map((name) => ({ id: name, name })) }),
    },
  };
}

function send(
  response: ServerResponse,
  status: number,
  document: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(document));
}

/** An error as Keystone words it. */
export function sendError(response: ServerResponse, code: number): void {
  send(response, code, { error: { code, message: 'No.', title: 'Error' } });
}
