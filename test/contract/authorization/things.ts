import { randomUUID } from 'node:crypto';
import { expectSuccess, type People, type ProjectName, type Role } from './people.ts';
import type { Caller, ServiceCall } from './service-table.ts';

/** What the placeholders of calls stand for. */
export type Names = Readonly<Record<string, string>>;

/** What the calls to the identity service are about. */
export interface Things {
  /** Whose token a column of the table has; none for nobody. */
  tokenOf(caller: Caller): string | undefined;
  /** What the placeholders stand for when this caller calls. */
  namesFor(caller: Caller): Names;
  /** What a call has of its own, so that it can go well without harm to others. */
  fresh(kind: NonNullable<ServiceCall['fresh']>, caller: Caller): Promise<Names>;
}

interface Person {
  readonly role: Role;
  readonly project: ProjectName;
  /** Where else its token is for, by the path of its roles and in words of a login. */
  readonly elsewhere?: { readonly place: string | undefined; readonly scope: unknown };
}

const people: Readonly<Record<Exclude<Caller, 'nobody' | 'forged'>, Person>> = {
  admin: { role: 'admin', project: 'owner' },
  member: { role: 'member', project: 'owner' },
  reader: { role: 'reader', project: 'owner' },
  service: { role: 'service', project: 'owner' },
  none: { role: 'none', project: 'owner' },
  unscoped: {
    role: 'member',
    project: 'owner',
    elsewhere: { place: undefined, scope: 'unscoped' },
  },
  domain: {
    role: 'admin',
    project: 'owner',
    elsewhere: { place: '/domains/default', scope: { domain: { id: 'default' } } },
  },
  system: {
    role: 'admin',
    project: 'owner',
    elsewhere: { place: '/system', scope: { system: { all: true } } },
  },
  abroad: { role: 'member', project: 'stranger abroad' },
};

/** In the words of those who have no token, all is as the member has it. */
function personOf(caller: Caller): Person {
  return caller === 'nobody' || caller === 'forged' ? people.member : people[caller];
}

/** Makes everything that the calls are about. */
export async function thingsOf(all: People, password: string): Promise<Things> {
  const made = makers(all, password);
  const other = await made.user();
  const foreign = `/projects/${all.foreignProject}`;
  await made.role(other, 'member', `/projects/${all.projects.get('elsewhere')}`);
  const holder = await made.user();
  for (const place of [foreign, '/domains/default', '/system']) {
    await made.role(holder, 'reader', place);
  }
  const scope = { project: { id: all.projects.get('elsewhere') } };
  const otherToken = await all.logIn({ userId: other }, scope);
  const shared: Names = {
    other,
    holder,
    password,
    'other’s token': otherToken,
    'other’s name': (await made.get(`/users/${other}`)).user.name,
    'other’s credential': await made.credential(other, otherToken),
    project: all.foreignProject,
    'foreign project': all.foreignProject,
    user: holder,
    reader: all.roleIds['reader'] ?? '',
    'made role': await made.newRole(),
  };
  const own = new Map<Role, string>();
  for (const [role, userId] of all.users) {
    own.set(role, await made.credential(userId, all.tokenOf(role, 'owner')));
  }

  function tokenOf(caller: Caller): string | undefined {
    if (caller === 'nobody') return undefined;
    if (caller === 'forged') return forgery(all.tokenOf('admin', 'owner'));
    if (caller === 'unscoped' || caller === 'domain' || caller === 'system') return all[caller];
    const { role, project } = people[caller];
    return all.tokenOf(role, project);
  }

  return {
    tokenOf,

    namesFor(caller) {
      const { role, project } = personOf(caller);
      return {
        ...shared,
        self: all.users.get(role) ?? '',
        'own name': `matrix-${role}`,
        'own project': all.projects.get(project) ?? '',
        'own token': tokenOf(caller) ?? otherToken,
        'own credential': own.get(role) ?? '',
        new: `new-${randomUUID()}`,
      };
    },

    fresh: (kind, caller) => freshThing(kind, { all, made, person: personOf(caller), shared }),
  };
}

interface Making {
  readonly all: People;
  readonly made: ReturnType<typeof makers>;
  readonly person: Person;
  readonly shared: Names;
}

async function freshThing(
  kind: NonNullable<ServiceCall['fresh']>,
  { all, made, person, shared }: Making,
): Promise<Names> {
  const self = all.users.get(person.role) ?? '';
  const ownToken = all.tokenOf(person.role, 'owner');
  const { other = '', 'other’s token': otherToken = '' } = shared;
  switch (kind) {
    case 'project':
      return { project: await made.project() };
    case 'user':
      return { user: await made.user() };
    case 'role':
      return { 'made role': await made.newRole() };
    case 'assignment': {
      const user = await made.user();
      for (const place of [`/projects/${all.foreignProject}`, '/domains/default', '/system']) {
        await made.role(user, 'reader', place);
      }
      return { user };
    }
    case 'credential':
      return {
        'own credential': await made.credential(self, ownToken),
        'other’s credential': await made.credential(other, otherToken),
      };
    case 'token':
      return {
        'own token': await all.logIn({ token: ownToken }, 'unscoped'),
        'other’s token': await all.logIn({ token: otherToken }, 'unscoped'),
      };
    case 'caller': {
      const id = all.projects.get(person.project);
      const { place, scope } = person.elsewhere ?? {
        place: `/projects/${id}`,
        scope: { project: { id } },
      };
      const user = await made.user();
      if (place !== undefined) await made.role(user, person.role, place);
      return { self: user, token: await all.logIn({ userId: user }, scope) };
    }
  }
}

/** What an admin makes; each has a name of its own. */
function makers({ manage, roleIds, send }: People, password: string) {
  const made = async (method: string, path: string, body?: unknown) =>
    (await expectSuccess(manage(method, path, body), `${method} ${path}`)).json;
  const unique = () => `made-${randomUUID()}`;
  return {
    get: (path: string) => made('GET', path),
    async project(): Promise<string> {
      return (await made('POST', '/projects', { project: { name: unique() } })).project.id;
    },
    async user(): Promise<string> {
      return (await made('POST', '/users', { user: { name: unique(), password } })).user.id;
    },
    async newRole(): Promise<string> {
      return (await made('POST', '/roles', { role: { name: unique() } })).role.id;
    },
    async role(user: string, role: string, place: string): Promise<void> {
      await made('PUT', `${place}/users/${user}/roles/${roleIds[role]}`);
    },
    /** Users make their credentials themselves. */
    async credential(user: string, token: string): Promise<string> {
      const path = `/users/${user}/application_credentials`;
      const body = { application_credential: { name: unique() } };
      const answer = await expectSuccess(send('POST', path, body, token), 'a credential');
      return answer.json.application_credential.id;
    },
  };
}

/** The token with another signature. */
function forgery(token: string): string {
  const [head, claims, signature = ''] = token.split('.');
  return [head, claims, signature.split('').reverse().join('')].join('.');
}
