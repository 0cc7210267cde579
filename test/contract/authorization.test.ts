import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, describe, test } from 'node:test';
import { parseArgs } from 'node:util';
import type { Answer } from '../support/service.ts';
import { grid } from './authorization/grid.ts';
import { identityCalls, identityTable } from './authorization/identity-table.ts';
import {
  groups,
  type ImageCall,
  imageCalls,
  imageTable,
  type Standing,
  standings,
} from './authorization/image-table.ts';
import { imagesOf } from './authorization/images.ts';
import { roles } from './authorization/people.ts';
import {
  callers,
  otherMethods,
  type ServiceCall,
  serviceCalls,
  serviceTable,
} from './authorization/service-table.ts';
import { cellHeader, cloudTarget, ownTarget } from './authorization/target.ts';
import { type Names, thingsOf } from './authorization/things.ts';

// With --clouds another service is held to what the table of images says of admins, members and readers, such as
// a real Glance, which differs in what it says to others: see the table.
const { values } = parseArgs({ options: { clouds: { type: 'string' } }, strict: false });
const target =
  typeof values['clouds'] === 'string' ? await cloudTarget(values['clouds']) : await ownTarget();
const { people, routes } = target;
const images = imagesOf(target.send, people);
const another = people.projects.get('another') ?? '';
after(() => target[Symbol.asyncDispose]());

/** A cell of a table: who calls, what is expected, and the call. */
interface Cell {
  readonly who: string;
  readonly expected: string;
  readonly play: () => Promise<string>;
}

/** Plays cells at once, and tells which came out otherwise. */
async function check(cells: readonly Cell[]): Promise<void> {
  const played = await Promise.all(
    cells.map(async ({ who, expected, play }) => ({ who, expected, seen: await play() })),
  );
  const wrong = played.filter(({ expected, seen }) => seen !== expected);
  assert.deepEqual(
    wrong.map(({ who, expected, seen }) => `${who}: ${seen} instead of ${expected}`),
    [],
  );
}

/** `value` with the placeholders of `names` filled in. */
function fill<T>(value: T, names: Names): T {
  if (value instanceof Uint8Array || value === undefined) return value;
  const text = JSON.stringify(value).replace(/\{([^{}":]+)\}/g, (all, name) => names[name] ?? all);
  return JSON.parse(text);
}

function request(call: ImageCall | ServiceCall, given: Names, token?: string): Promise<Answer> {
  const encoded = Buffer.from(given['image'] ?? '').toString('base64');
  const names = { ...given, 'image in Base64': encoded };
  const { send, body, headers } = fill(call, names);
  const [, method = '', path = ''] = /^(\S+) (.*)$/.exec(send) ?? [];
  return target.send(method, path, body, {
    ...headers,
    [cellHeader]: 'yes',
    ...(token !== undefined && { 'x-auth-token': token }),
  });
}

function succeeds(word: string): boolean {
  return /^(2\d\d|in|out)$/.test(word);
}

/** The answer in the words of the table. */
async function wordOf(call: ImageCall, names: Names, token: string): Promise<string> {
  const answer = await request(call, names, token);
  const { status, json, text } = answer;
  if (status === 200 && call.send.startsWith('GET /v2/images?')) {
    return json.images.length > 0 ? 'in' : 'out';
  }
  if (status !== 404) return String(status);
  const missing = { ...names, image: randomUUID() };
  const unknown = await request(call, missing, token);
  const isSame =
    unknown.status === 404 &&
    unknown.text === text.replaceAll(names['image'] ?? '', missing.image) &&
    Object.keys(unknown.headers).join() === Object.keys(answer.headers).join();
  return isSame ? '---' : '404';
}

async function playImageCall(
  call: ImageCall,
  { expected, standing, token }: { expected: string; standing: Standing; token: string },
): Promise<string> {
  const state = call.on ?? 'active';
  const changes = succeeds(expected) && !call.isSafe;
  const image = await (changes
    ? images.fresh(standing, state)
    : images.shared(standing.kind, state));
  const own = people.projects.get(standing.project) ?? '';
  return wordOf(call, { image, own, another }, token);
}

const isOwn = routes !== undefined;

/** The roles that are told the same by every service. */
const comparedRoles = isOwn ? roles : roles.slice(0, 3);

/** Every cell of a line: each role at each standing, and a token without scope. */
function* imageCells(call: ImageCall, words: readonly string[]): Generator<Cell> {
  for (const standing of standings) {
    const first = groups.indexOf(standing.group) * roles.length;
    for (const [index, role] of comparedRoles.entries()) {
      const expected = words[first + index] ?? '';
      const token = people.tokenOf(role, standing.project);
      yield {
        who: `${role} of ${standing.project}, ${standing.kind}`,
        expected,
        play: () => playImageCall(call, { expected, standing, token }),
      };
    }
    if (!isOwn) continue;
    const unscoped = words.at(-1) ?? '';
    yield {
      who: `without scope, ${standing.kind}`,
      expected: unscoped,
      play: () => playImageCall(call, { expected: unscoped, standing, token: people.unscoped }),
    };
  }
}

/** What holds for every call of the Images API alike. */
function* closedCells(call: ImageCall): Generator<Cell> {
  const tokens = { nobody: '', forged: 'forged', domain: people.domain, system: people.system };
  for (const [who, token] of Object.entries(tokens)) {
    const expected = who === 'domain' || who === 'system' ? '403' : '401';
    for (const standing of standings) {
      const play = () => playImageCall(call, { expected, standing, token });
      yield { who: `${who}, ${standing.kind} image`, expected, play };
    }
  }
}

/** A service that acts for a user shows its own token too, which gives the user no right. */
function* servedCells(call: ImageCall, words: readonly string[]): Generator<Cell> {
  const headers = { ...call.headers, 'x-service-token': people.tokenOf('service', 'owner') };
  for (const cell of imageCells({ ...call, headers }, words)) {
    if (cell.who.startsWith('member of')) yield cell;
  }
}

const imageLines = grid(groups.length * roles.length + 1, imageTable).filter(
  // The calls of locations are younger than the Glance that is asked.
  ({ name }) => isOwn || !/\/vitrine\/|\/locations$/.test(imageCalls[name]?.send ?? ''),
);

describe('Images: by role, and by what the project has to do with the image', () => {
  for (const { name, words } of imageLines) {
    test(`${name}: ${words.join(' ')}`, async () => {
      const call = imageCalls[name];
      assert(call, `There is no call ${name}.`);
      await check([...imageCells(call, words)]);
    });
  }

  for (const { name, words } of imageLines) {
    const call = imageCalls[name] ?? { send: '' };
    test(`${name}: not without a token of a project`, { skip: !isOwn }, async () => {
      await check([...closedCells(call)]);
    });

    test(`${name}: the same when a service asks for the member`, { skip: !isOwn }, async () => {
      await check([...servedCells(call, words)]);
    });
  }

  test('what was refused has changed nothing', async () => {
    const untouched = imagesOf(target.send, people);
    for (const { kind } of standings) {
      for (const state of ['active', 'queued', 'staged', 'deactivated', 'deleted'] as const) {
        await images.shared(kind, state);
        await untouched.shared(kind, state);
      }
    }

    assert.deepEqual(await images.seen(), await untouched.seen());
  });

  test('every call has its line', () => {
    const lines = grid(groups.length * roles.length + 1, imageTable).map(({ name }) => name);

    assert.deepEqual(lines.toSorted(), Object.keys(imageCalls).toSorted());
  });
});

const things = isOwn ? await thingsOf(people, people.password) : undefined;

async function playServiceCall(
  call: ServiceCall,
  { caller, expected }: { caller: (typeof callers)[number]; expected: string },
): Promise<string> {
  assert(things);
  const own = call.fresh && succeeds(expected) ? await things.fresh(call.fresh, caller) : {};
  const names = { ...things.namesFor(caller), ...own };
  const { status } = await request(call, names, names['token'] ?? things.tokenOf(caller));
  return String(status);
}

function serviceCells(call: ServiceCall, words: readonly string[]): Cell[] {
  return callers.map((caller, index) => {
    const expected = words[index] ?? '';
    return { who: caller, expected, play: () => playServiceCall(call, { caller, expected }) };
  });
}

describe('Everything else: by who calls', { skip: !isOwn }, () => {
  const calls = { ...serviceCalls, ...identityCalls };
  const lines = [...grid(callers.length, serviceTable), ...grid(callers.length, identityTable)];
  for (const { name, words } of lines) {
    test(`${name}: ${words.join(' ')}`, async () => {
      await check(serviceCells(calls[name] ?? { send: name }, words));
    });
  }

  for (const [method, path] of routes?.refused ?? []) {
    test(`${method} ${path} is no call`, async () => {
      const [line] = grid(callers.length, otherMethods);
      const send = `${method} ${path.replaceAll(/:\w+/g, 'any')}`;
      await check(serviceCells({ send }, line?.words ?? []));
    });
  }

  test('every call has its line', () => {
    const named = lines.map(({ name }) => name).filter((name) => name in calls);

    assert.deepEqual(named.toSorted(), Object.keys(calls).toSorted());
  });
});

test('every route of the service has been called by everybody', { skip: !isOwn }, () => {
  assert(routes);
  assert(routes.registered.size > 0);

  const missing = routes.registered.difference(routes.called);

  assert.deepEqual([...missing], []);
});
