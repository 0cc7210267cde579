import type { Answer, Send } from '../../support/service.ts';

/** `none` is a role that the service knows nothing of. */
export const roles = ['admin', 'member', 'reader', 'service', 'none'] as const;

export type Role = (typeof roles)[number];

/** Projects by what they have to do with the images of `owner`; two lie in a domain of their own. */
export const projectNames = [
  'owner',
  'accepted',
  'pending',
  'rejected',
  'another',
  'elsewhere',
  'stranger',
  'consumer abroad',
  'stranger abroad',
] as const;

export type ProjectName = (typeof projectNames)[number];

/** Everybody who calls: a user for each role, which it holds on every project, and nothing else. */
export interface People {
  /** Of the projects, by name. */
  readonly projects: ReadonlyMap<ProjectName, string>;
  /** Of the users, by role. */
  readonly users: ReadonlyMap<Role, string>;
  /** Ids of the roles, by name. */
  readonly roleIds: Readonly<Record<string, string>>;
  /** Everybody's. */
  readonly password: string;
  /** A project that nobody has a role on. */
  readonly foreignProject: string;
  tokenOf(role: Role, project: ProjectName): string;
  /** Tokens of the member without a scope, and of the admin for a domain and for the system. */
  readonly unscoped: string;
  readonly domain: string;
  readonly system: string;
  /** Asks the identity service by a token. */
  readonly send: (method: string, path: string, body: unknown, token: string) => Promise<Answer>;
  /** Asks it as its first admin. */
  readonly manage: (method: string, path: string, body?: unknown) => Promise<Answer>;
  /** A new token, got by the password of a user or by an older token. */
  readonly logIn: (by: Login, scope: unknown) => Promise<string>;
}

/** What a login shows. */
export type Login =
  | { readonly userId: string }
  | { readonly name: string }
  | { readonly token: string };

export interface PeopleOptions {
  readonly send: Send;
  /** Of the first admin, and of everybody else. */
  readonly password: string;
  /** Path of the identity service, without a slash at its end. */
  readonly root: string;
  /** Makes a second domain, and gives its id. */
  readonly makeDomain: (manage: People['manage']) => Promise<string>;
}

/** Makes domain, projects, users and roles, and takes a token for everybody. */
export async function makePeople(options: PeopleOptions): Promise<People> {
  const { makeDomain } = options;
  const { send, manage, logIn } = await openManagement(options);
  const made = (method: string, path: string, body?: unknown) =>
    expectSuccess(manage(method, path, body), `${method} ${path}`);
  const abroad = await makeDomain(manage);
  const newProject = async (name: string, domain_id = 'default'): Promise<string> =>
    (await made('POST', '/projects', { project: { name: `matrix-${name}`, domain_id } })).json
      .project.id;
  const projects = new Map<ProjectName, string>();
  for (const name of projectNames) {
    projects.set(name, await newProject(name, name.endsWith('abroad') ? abroad : 'default'));
  }
  const foreignProject = await newProject('nobody’s');
  const roleIds = await everyRole(made);

  const users = new Map<Role, string>();
  const tokens = new Map<string, string>();
  const password = options.password;
  for (const role of roles) {
    const user = { name: `matrix-${role}`, password, domain_id: 'default' };
    const userId: string = (await made('POST', '/users', { user })).json.user.id;
    users.set(role, userId);
    const places = [...projects.values()].map((id) => `/projects/${id}`);
    if (role === 'admin') places.push('/domains/default', '/system');
    for (const place of places) {
      await made('PUT', `${place}/users/${userId}/roles/${roleIds[role]}`);
    }
    const token = await logIn({ userId }, 'unscoped');
    tokens.set(`${role} unscoped`, token);
    for (const [name, id] of projects) {
      tokens.set(`${role} ${name}`, await logIn({ token }, { project: { id } }));
    }
  }
  const admin = { token: tokens.get('admin unscoped') ?? '' };
  return {
    projects,
    users,
    roleIds,
    password,
    foreignProject,
    tokenOf: (role, project) => tokens.get(`${role} ${project}`) ?? '',
    unscoped: tokens.get('member unscoped') ?? '',
    domain: await logIn(admin, { domain: { id: 'default' } }),
    system: await logIn(admin, { system: { all: true } }),
    send,
    manage,
    logIn,
  };
}

/** The identity service as its first admin uses it. */
async function openManagement(options: PeopleOptions) {
  const { password, root } = options;
  const send: People['send'] = (method, path, body, token) =>
    options.send(method, `${root}${path}`, body, { ...(token && { 'x-auth-token': token }) });

  async function logIn(by: Login, scope: unknown): Promise<string> {
    const auth = { identity: identityOf(by, password), scope };
    const answer = send('POST', '/auth/tokens', { auth }, '');
    return String((await expectSuccess(answer, 'a login')).headers['x-subject-token']);
  }

  const project = { name: 'admin', domain: { id: 'default' } };
  const token = await logIn({ name: 'admin' }, { project });
  const manage: People['manage'] = (method, path, body) => send(method, path, body, token);
  return { send, manage, logIn };
}

function identityOf(by: Login, password: string) {
  if ('token' in by) return { methods: ['token'], token: { id: by.token } };
  const user = 'userId' in by ? { id: by.userId } : { name: by.name, domain: { id: 'default' } };
  return { methods: ['password'], password: { user: { ...user, password } } };
}

/** Ids of the roles by name; those are made that are not there. */
async function everyRole(
  made: (method: string, path: string, body?: unknown) => Promise<Answer>,
): Promise<Record<string, string>> {
  const ids: Record<string, string> = {};
  const { json } = await made('GET', '/roles');
  for (const { id, name } of json.roles) ids[name] = id;
  for (const name of roles) {
    ids[name] ??= (await made('POST', '/roles', { role: { name } })).json.role.id;
  }
  return ids;
}

/** The answer, if the request went well. */
export async function expectSuccess(pending: Promise<Answer>, what: string): Promise<Answer> {
  const answer = await pending;
  if (answer.status < 300) return answer;
  throw new Error(`${what} was to go well: ${answer.status} ${answer.text}`);
}
