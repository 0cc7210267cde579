import type { Send } from './service.ts';

const projectNames = ['admin', 'producer', 'consumer', 'other', 'stranger'] as const;

/** `stranger` has to do with no image of the others. */
export type ProjectName = (typeof projectNames)[number];

/** Who calls: a project's name stands for a caller with role member in it (admin in `admin`). */
export type CallerName =
  | ProjectName
  | 'producer reader'
  | 'consumer reader'
  | 'stranger reader'
  | 'producer admin'
  | 'unscoped'
  | 'system'
  | 'nobody';

/**
 * What each of three users may do; the service knows of a caller the project and the roles alone.
 * Few users, since every password costs time, and a token makes tokens for other projects for free.
 */
const grants = [
  { user: 'admin', role: 'member', caller: 'producer', project: 'producer' },
  { user: 'admin', role: 'member', caller: 'consumer', project: 'consumer' },
  { user: 'admin', role: 'member', caller: 'other', project: 'other' },
  { user: 'admin', role: 'member', caller: 'stranger', project: 'stranger' },
  { user: 'onlooker', role: 'reader', caller: 'producer reader', project: 'producer' },
  { user: 'onlooker', role: 'reader', caller: 'consumer reader', project: 'consumer' },
  { user: 'onlooker', role: 'reader', caller: 'stranger reader', project: 'stranger' },
  { user: 'chief', role: 'admin', caller: 'producer admin', project: 'producer' },
] as const;

export interface Callers {
  /** Ids by name. */
  readonly projects: Readonly<Record<ProjectName, string>>;
  readonly tokens: Readonly<Record<CallerName, string>>;
}

/**
 * Makes projects, users and roles through the identity service, and takes a token for each caller.
 *
 * @param root path of the identity service, without a slash at its end
 */
export async function makeCallers(
  send: Send,
  password: string,
  root = '/identity/v3',
): Promise<Callers> {
  const logInBy = (identity: unknown, scope: unknown) => logIn(send, root, { identity, scope });
  const admin = await logInBy(byPassword('admin', password), named('admin'));
  const identity = async (method: string, path: string, body?: unknown) =>
    (await send(method, `${root}${path}`, body, { 'x-auth-token': admin.token })).json;

  for (const name of ['other', 'stranger']) {
    await identity('POST', '/projects', { project: { name } });
  }
  const projects = idsByName((await identity('GET', '/projects')).projects);
  const roles = idsByName((await identity('GET', '/roles')).roles);
  const users = new Map([['admin', admin]]);
  for (const user of ['onlooker', 'chief']) {
    await identity('POST', '/users', { user: { name: user, password } });
    users.set(user, await logInBy(byPassword(user, password), 'unscoped'));
  }

  const token = async (user: string, scope: unknown) =>
    (await logInBy(byToken(users.get(user)?.token), scope)).token;
  const tokens: Record<string, string> = { admin: admin.token, nobody: '' };
  for (const { user, role, caller, project } of grants) {
    const [projectId, userId] = [projects[project], users.get(user)?.userId];
    await identity('PUT', `/projects/${projectId}/users/${userId}/roles/${roles[role]}`);
    tokens[caller] = await token(user, { project: { id: projectId } });
  }
  tokens['unscoped'] = await token('admin', 'unscoped');
  tokens['system'] = await token('admin', { system: { all: true } });
  return { projects, tokens } as Callers;
}

async function logIn(send: Send, root: string, auth: unknown) {
  const answer = await send('POST', `${root}/auth/tokens`, { auth });
  if (answer.status !== 201) throw new Error(`A login failed: ${answer.text}`);
  const userId: string = answer.json.token.user.id;
  return { token: String(answer.headers['x-subject-token']), userId };
}

function byPassword(name: string, password: string) {
  const user = { name, password, domain: { id: 'default' } };
  return { methods: ['password'], password: { user } };
}

function byToken(id: string | undefined) {
  return { methods: ['token'], token: { id } };
}

function named(project: string) {
  return { project: { name: project, domain: { id: 'default' } } };
}

function idsByName(
  list: readonly { readonly id: string; readonly name: string }[],
): Record<string, string> {
  return Object.fromEntries(list.map(({ id, name }) => [name, id]));
}
