import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Directory, KnownProject, KnownUser } from '../directory.ts';
import { openGate } from '../gate.ts';
import { boundedMemory } from '../memory.ts';
import { singleFlight } from '../single-flight.ts';
import type { KeystoneClient } from './client.ts';

export interface KeystoneDirectoryOptions {
  readonly client: KeystoneClient;
  /** Milliseconds for which a name holds at most. */
  readonly cacheTime: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const maxRemembered = 2_000;

/** Questions about names under way and waiting: few, so that the question who is calling never waits for them. */
const nameQuestions = { running: 8, waiting: 1_000 };

/** Keystone's ids; anything else is not asked for, and could lead to another path. */
const idShape = /^[\w-]{1,64}$/;

/**
 * Names of projects and users as Keystone has them.
 *
 * What an id is called may be told a little late, and is remembered. Which project has a name decides
 * with whom an image is shared, and is asked each time; so is what was not there. Names for people to
 * read are remembered by whoever shows them.
 */
export function keystoneDirectory(options: KeystoneDirectoryOptions): Directory {
  const { client } = options;
  const gate = openGate(nameQuestions);

  /** Keystone tells of one id at a time; it has no list of some. */
  const namesBy =
    (ask: (id: string) => Promise<string | undefined>) =>
    (ids: readonly string[]): readonly Promise<string | undefined>[] =>
      ids.map(async (id) => (idShape.test(id) ? await gate.run(() => ask(id)) : undefined));

  return {
    projectById: lookUp(options, async (id) => {
      const answer = await client.ask({ path: `/projects/${id}`, parse: parseProject });
      return answer && knownProject(answer.project);
    }),

    projectNames: namesBy(async (id) => {
      const answer = await client.ask({ path: `/projects/${id}`, parse: parseProject });
      return answer?.project.name;
    }),

    userNames: namesBy(async (id) => {
      const answer = await client.ask({ path: `/users/${id}`, parse: parseUser });
      return answer?.user.name;
    }),

    async projectsByName(name, domainId) {
      const query = new URLSearchParams({ name, domain_id: domainId });
      const answer = await client.ask({
        path: `/projects?${query.toString()}`,
        parse: parseProjects,
      });
      const projects = answer?.projects.flatMap((one) => knownProject(one) ?? []) ?? [];
      // Keystone's database may well take "Lab" for "lab".
      return projects.filter((one) => one.name === name && one.domainId === domainId);
    },

    userById: lookUp(options, async (id): Promise<KnownUser | undefined> => {
      const answer = await client.ask({ path: `/users/${id}`, parse: parseUser });
      if (!answer) return undefined;
      const { name, enabled, domain_id: domainId } = answer.user;
      return { id: answer.user.id, domainId, name, enabled };
    }),
  };
}

function lookUp<T extends object>(
  { cacheTime, now }: KeystoneDirectoryOptions,
  ask: (id: string) => Promise<T | undefined>,
): (id: string) => Promise<T | undefined> {
  const remembered = boundedMemory<T>({ size: maxRemembered, now });
  const flights = singleFlight<T | undefined>();
  return async (id) => {
    if (!idShape.test(id)) return undefined;
    const known = remembered.recall(id);
    if (known) return known;
    return await flights.run(id, async () => {
      const asked = now();
      const found = await ask(id);
      if (found) remembered.keep(id, found, asked + cacheTime);
      return found;
    });
  };
}

const Project = Type.Object({
  id: Type.String(),
  name: Type.String(),
  domain_id: Type.Union([Type.String(), Type.Null()]),
  enabled: Type.Boolean(),
});

const OneProject = Compile(Type.Object({ project: Project }));
const Projects = Compile(Type.Object({ projects: Type.Array(Project) }));
const OneUser = Compile(
  Type.Object({
    user: Type.Object({
      id: Type.String(),
      name: Type.String(),
      domain_id: Type.String(),
      enabled: Type.Boolean(),
    }),
  }),
);

const parseProject = (json: unknown) => OneProject.Parse(json);
const parseProjects = (json: unknown) => Projects.Parse(json);
const parseUser = (json: unknown) => OneUser.Parse(json);

/** A domain that acts as a project lies in no domain, and nothing is shared with it by name. */
function knownProject(project: Type.Static<typeof Project>): KnownProject | undefined {
  const { id, name, enabled, domain_id: domainId } = project;
  return domainId === null ? undefined : { id, domainId, name, enabled };
}
