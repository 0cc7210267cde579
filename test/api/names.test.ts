import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { CallerName, ProjectName } from '../support/callers.ts';
import { runCommand } from '../support/command.ts';
import { createImage } from '../support/images.ts';
import { type KeystoneService, startKeystoneService } from '../support/keystone-service.ts';
import {
  type Answer,
  sharedService,
  startTestService,
  type TestService,
} from '../support/service.ts';

const path = '/vitrine/v1/names';
const images = '/v2/images';
const service = await sharedService();

interface Named {
  readonly id: string;
  readonly name: string | null;
}

function namesIn({ json }: Answer): Record<string, string | null> {
  return Object.fromEntries(json.projects.map(({ id, name }: Named) => [id, name]));
}

async function names(
  on: TestService,
  caller: CallerName,
  ...ids: string[]
): Promise<Record<string, string | null>> {
  const answer = await on.call(caller, 'GET', `${path}?${queryOf(ids)}`);
  assert.equal(answer.status, 200, answer.text);
  return namesIn(answer);
}

function queryOf(ids: readonly string[], kind = 'project'): string {
  return new URLSearchParams(ids.map((id): [string, string] => [kind, id])).toString();
}

describe('the names of projects', () => {
  /** Who learns whose name, once the producer shares an image with the consumer. */
  const learns: Readonly<Record<string, readonly ProjectName[]>> = {
    producer: ['producer', 'consumer'],
    'producer reader': ['producer', 'consumer'],
    consumer: ['producer', 'consumer'],
    stranger: ['stranger'],
    other: ['other'],
    admin: ['admin', 'producer', 'consumer', 'other', 'stranger'],
    unscoped: [],
  };

  test('are told to those who share an image, in both directions, and to nobody else', async () => {
    await using service = await startTestService();
    const { projects } = service;
    const { id } = await createImage(service);
    await service.call('producer', 'POST', `/v2/images/${id}/members`, {
      member: projects.consumer,
    });
    // Public and community images are seen by all, and make nobody a partner.
    await createImage(service, { visibility: 'community' });

    for (const [caller, known] of Object.entries(learns)) {
      const found = await names(service, caller as CallerName, ...Object.values(projects));

      const expected = Object.entries(projects).map(([name, project]) => [
        project,
        known.includes(name as ProjectName) ? name : null,
      ]);
      assert.deepEqual(found, Object.fromEntries(expected), caller);
    }
  });

  test('are told as long as the share lasts: not while the image is private, nor when it is withdrawn', async () => {
    await using service = await startTestService();
    const { producer, consumer } = service.projects;
    const { id } = await createImage(service);
    const known = async () => [
      (await names(service, 'producer', consumer))[consumer],
      (await names(service, 'consumer', producer))[producer],
    ];
    const change = async (value: string) =>
      await service.call(
        'producer',
        'PATCH',
        `/v2/images/${id}`,
        [{ op: 'replace', path: '/visibility', value }],
        { 'content-type': 'application/openstack-images-v2.1-json-patch' },
      );
    const seen = [await known()];
    const member = `/v2/images/${id}/members/${consumer}`;

    await service.call('producer', 'POST', `/v2/images/${id}/members`, { member: consumer });
    await service.call('consumer', 'PUT', member, { status: 'rejected' });
    seen.push(await known());
    assert.equal((await change('private')).status, 200);
    seen.push(await known());
    assert.equal((await change('shared')).status, 200);
    seen.push(await known());
    await service.call('producer', 'DELETE', member);
    seen.push(await known());

    const [none, both] = [
      [null, null],
      ['consumer', 'producer'],
    ];
    assert.deepEqual(seen, [none, both, none, both, none]);
  });

  test('go over to the new owner with an image', async () => {
    await using service = await startTestService();
    const { consumer, other } = service.projects;
    const { id } = await createImage(service);
    await service.call('producer', 'POST', `/v2/images/${id}/members`, { member: consumer });

    const moved = await service.call(
      'admin',
      'PATCH',
      `/v2/images/${id}`,
      [{ op: 'replace', path: '/owner', value: other }],
      { 'content-type': 'application/openstack-images-v2.1-json-patch' },
    );

    assert.equal(moved.status, 200);
    assert.deepEqual(await names(service, 'producer', consumer), { [consumer]: null });
    assert.deepEqual(await names(service, 'other', consumer), { [consumer]: 'consumer' });
    assert.deepEqual(await names(service, 'consumer', other), { [other]: 'other' });
  });
});

describe('a question for names', () => {
  test('is answered in its own order, each id once, and nothing tells missing from foreign', async () => {
    const { stranger, producer } = service.projects;
    const ids = ['no such project', stranger, producer, stranger, 'a"b'];

    const { status, json } = await service.call('producer', 'GET', `${path}?${queryOf(ids)}`);

    assert.equal(status, 200);
    assert.deepEqual(json, {
      projects: [
        { id: 'no such project', name: null },
        { id: stranger, name: null },
        { id: producer, name: 'producer' },
        { id: 'a"b', name: null },
      ],
      users: [],
    });
  });

  test('about users is for admins, but for oneself', async () => {
    const { json } = await service.call('admin', 'GET', '/identity/v3/users');
    const users = new Map<string, string>(json.users.map(({ id, name }: Named) => [id, name]));
    const query = queryOf([...users.keys()], 'user');

    const byAdmin = await service.call('admin', 'GET', `${path}?${query}`);
    const byReader = await service.call('producer reader', 'GET', `${path}?${query}`);

    const told = (answer: Answer): string[] =>
      answer.json.users.flatMap(({ name }: Named) => name ?? []);
    assert.deepEqual(told(byAdmin).toSorted(), [...users.values()].toSorted());
    assert.deepEqual(told(byReader), ['onlooker']);
  });

  test('takes a hundred ids', async () => {
    const ids = Array.from({ length: 100 }, (_, index) => `p${index}`);

    const found = await names(service, 'admin', ...ids);

    assert.equal(Object.keys(found).length, 100);
  });

  for (const [query, words] of [
    ['', /project: at least one id/],
    ['?project=', /project: an id of 1 to 255/],
    [`?user=${'u'.repeat(256)}`, /user: an id of 1 to 255/],
    ['?projects=p1', /projects: is no parameter/],
    ['?constructor=p1', /constructor: is no parameter/],
    [`?${queryOf(Array.from({ length: 101 }, () => 'p'))}`, /project: at most 100 ids/],
    ['?project=%ff', /not percent-encoded UTF-8/],
  ] as const) {
    test(`makes no sense as ${query.slice(0, 24)}`, async () => {
      const answer = await service.call('admin', 'GET', `${path}${query}`);

      assert.equal(answer.status, 400);
      assert.match(answer.text, words);
    });
  }

  test('wants a token, and no body', async () => {
    const nobody = await service.call('nobody', 'GET', `${path}?project=p1`);
    const withBody = await service.call('admin', 'GET', `${path}?project=p1`, {});
    const posted = await service.call('admin', 'POST', path, {});

    assert.deepEqual([nobody.status, withBody.status, posted.status], [401, 400, 405]);
  });
});

async function run(line: string) {
  const { folder } = service;
  return await runCommand(line.split(' '), {
    env: { OS_CLIENT_CONFIG_FILE: `${folder}/clouds.yaml` },
  });
}

describe('vitrine image delete', () => {
  test('says who has the image, and deletes nothing unless it is told to', async () => {
    const { id } = await createImage(service);
    const member = service.projects.consumer;
    await service.call('producer', 'POST', `/v2/images/${id}/members`, { member });

    const line = `image delete ${id} --os-cloud vitrine-producer`;
    const asked = await run(line);
    const still = await service.call('producer', 'GET', `/v2/images/${id}`);
    const done = await run(`${line} --yes --json`);
    const after = await service.call('producer', 'GET', `/v2/images/${id}`);

    assert.deepEqual([asked.code === 0, still.status], [false, 200]);
    assert.match(asked.out, new RegExp(`^consumer +${member} +pending +- +0 +-$`, 'm'));
    assert.match(asked.err, /Nothing is deleted\. Projects that lose it: 1: with --yes/);
    assert.deepEqual([done.code, after.status], [0, 404], done.err);
    const [hit] = JSON.parse(done.out);
    assert.deepEqual([hit.project, hit.status, hit.last_download], ['consumer', 'pending', null]);
  });
});

describe('vitrine image members', () => {
  test('shows the name of each member beside its id; who is no project has none', async () => {
    const { id } = await createImage(service);
    for (const member of [service.projects.consumer, 'nobody']) {
      await service.call('producer', 'POST', `/v2/images/${id}/members`, { member });
    }

    const text = await run(`image members ${id} --os-cloud vitrine-producer`);
    const json = await run(`image members ${id} --os-cloud vitrine-producer --json`);

    assert.equal(text.code, 0, text.err);
    assert.match(text.out, /^project +project_id +status +updated_at$/m);
    assert.match(text.out, new RegExp(`^consumer +${service.projects.consumer} +pending `, 'm'));
    assert.match(text.out, /^- +nobody +pending /m);
    assert.deepEqual(
      JSON.parse(json.out).map(({ project }: { project: string | null }) => project),
      ['consumer', null],
    );
  });
});

describe('names of Keystone', () => {
  let behind: KeystoneService;

  before(async () => {
    behind = await startKeystoneService({ timeout: 60 });
    for (const [id, name] of [
      ['p1', 'Lab'],
      ['p2', 'Shop'],
      ['p3', 'Bank'],
    ] as const) {
      behind.keystone.addProject({ id, name, domain_id: 'default', enabled: true });
    }
  });

  after(() => behind[Symbol.asyncDispose]());

  async function ask(projectId: string, query: string, roles?: readonly string[]) {
    const token = behind.keystone.issue({ projectId, ...(roles && { roles }) });
    return await behind.send('GET', `${path}?${query}`, undefined, { 'x-auth-token': token });
  }

  /** What is late is told the next time: a busy machine may take longer than anybody waits. */
  async function askUntilKnown(projectId: string, query: string, count: number): Promise<Answer> {
    for (let attempt = 0; attempt < 50; attempt += 1) {
      const answer = await ask(projectId, query);
      const known = Object.values(namesIn(answer)).filter((name) => name !== null);
      if (known.length >= count) return answer;
    }
    assert.fail('The names never came.');
  }

  test('are told to those who share, remembered, and never asked for others', async () => {
    const producer = { 'x-auth-token': behind.keystone.issue({ projectId: 'p1' }) };
    const { json: image } = await behind.send('POST', images, {}, producer);
    await behind.send('POST', `/v2/images/${image.id}/members`, { member: 'p2' }, producer);
    behind.keystone.addProject({ id: 'p1', name: 'Lab', domain_id: 'default', enabled: true });

    const query = queryOf(['p1', 'p2', 'p3', 'p9']);
    const first = await askUntilKnown('p1', query, 2);
    const again = await ask('p2', query);

    assert.deepEqual(namesIn(first), { p1: 'Lab', p2: 'Shop', p3: null, p9: null });
    assert.deepEqual(namesIn(again), namesIn(first));
    const asked = (id: string) => behind.keystone.count('GET', `/v3/projects/${id}`);
    // The share itself asks whether there is such a project.
    assert.deepEqual([asked('p1'), asked('p2'), asked('p3'), asked('p9')], [1, 2, 0, 0]);
  });

  test('are left out after a while when Keystone does not answer', async () => {
    const token = { 'x-auth-token': behind.keystone.issue({ projectId: 'p1', roles: ['admin'] }) };
    await askUntilKnown('p1', 'project=p1', 1);
    // From now on the token is known.
    await behind.send('GET', images, undefined, token);
    behind.keystone.addProject({ id: 'p7', name: 'Late', domain_id: 'default', enabled: true });
    behind.keystone.answerBy(() => undefined);
    const begin = performance.now();

    const answer = await behind.send('GET', `${path}?project=p1&project=p7`, undefined, token);
    const time = performance.now() - begin;
    behind.keystone.answerBy(undefined);

    assert.equal(answer.status, 200);
    assert.deepEqual(namesIn(answer), { p1: 'Lab', p7: null });
    // A question is given up after a minute.
    assert(time < 20_000, `${time} ms`);
  });
});
