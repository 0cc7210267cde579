import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Directory } from '../../src/identity/directory.ts';
import { startIdentity } from '../support/identity.ts';
import { startKeystone } from '../support/keystone.ts';

/** A directory with one project and one user, both in the domain `default`. */
interface Filled extends AsyncDisposable {
  readonly directory: Directory;
  readonly project: { readonly id: string; readonly name: string };
  readonly user: { readonly id: string; readonly name: string };
}

async function embedded(): Promise<Filled> {
  const service = await startIdentity();
  const { identity } = service;
  const { caller } = await identity.tokens.authorize(await service.token('producer'));
  return {
    directory: identity.directory,
    project: { id: caller.projectId ?? '', name: 'producer' },
    user: { id: caller.userId, name: 'producer' },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

async function keystone(): Promise<Filled> {
  const { server, identity, ...rest } = await startKeystone();
  const project = { id: 'p7', name: 'producer' };
  const user = { id: 'u7', name: 'producer' };
  const common = { domain_id: 'default', enabled: true };
  server.addProject({ ...project, ...common, is_domain: false, description: '' });
  server.addProject({ id: 'p8', name: 'Producer', ...common });
  server.addUser({ ...user, ...common, email: 'p@example.com' });
  return {
    directory: identity.directory,
    project,
    user,
    [Symbol.asyncDispose]: () => rest[Symbol.asyncDispose](),
  };
}

for (const [name, fill] of Object.entries({ embedded, keystone })) {
  describe(`the directory of the ${name} identity service`, () => {
    test('knows a project by its id', async () => {
      await using filled = await fill();

      const found = await filled.directory.projectById(filled.project.id);

      assert.deepEqual(found, { ...filled.project, domainId: 'default', enabled: true });
    });

    test('knows a project by its exact name in its domain', async () => {
      await using filled = await fill();
      const { directory, project } = filled;

      const found = await directory.projectsByName(project.name, 'default');

      assert.deepEqual(found, [{ ...project, domainId: 'default', enabled: true }]);
      assert.deepEqual(await directory.projectsByName('PRODUCER', 'default'), []);
      assert.deepEqual(await directory.projectsByName(project.name, 'other'), []);
    });

    test('knows a user by its id', async () => {
      await using filled = await fill();

      const found = await filled.directory.userById(filled.user.id);

      assert.deepEqual(found, { ...filled.user, domainId: 'default', enabled: true });
    });

    test('tells what projects and users are called, many at once', async () => {
      await using filled = await fill();
      const { directory, project, user } = filled;
      const ids = ['nobody', '../users/u7', 'caf\u00e9', ''];

      const projects = await Promise.all(directory.projectNames([project.id, ...ids, project.id]));
      const users = await Promise.all(directory.userNames([...ids, user.id]));

      const none = ids.map(() => undefined);
      assert.deepEqual(projects, [project.name, ...none, project.name]);
      assert.deepEqual(users, [...none, user.name]);
      assert.deepEqual(directory.projectNames([]), []);
    });

    test('finds nothing where there is nothing, whatever the id', async () => {
      await using filled = await fill();
      const ids = ['nobody', '', '..', '../users/u7', 'a?b', 'x'.repeat(300), 'caf\u00e9'];

      const found = await Promise.all(
        ids.flatMap((id) => [filled.directory.projectById(id), filled.directory.userById(id)]),
      );

      assert(found.every((one) => one === undefined));
    });
  });
}

test('what Keystone calls an id is remembered for a while, and who has a name is asked each time', async () => {
  await using started = await startKeystone({ cacheTime: 1000 });
  const { server, identity } = started;
  const project = { domain_id: 'default', enabled: true, id: 'p7' };
  server.addProject({ ...project, name: 'old' });
  await Promise.all([1, 2, 3].map(() => identity.directory.projectById('p7')));
  await identity.directory.projectsByName('old', 'default');
  server.addProject({ ...project, name: 'new' });

  const remembered = await identity.directory.projectById('p7');
  const byOldName = await identity.directory.projectsByName('old', 'default');
  started.pass(1000);
  const later = await identity.directory.projectById('p7');

  assert.equal(remembered?.name, 'old');
  assert.deepEqual(byOldName, []);
  assert.equal(later?.name, 'new');
  assert.equal(server.count('GET', '/v3/projects/p7'), 2);
});

test('a thousand names are asked of Keystone by a few questions at a time', async () => {
  await using started = await startKeystone();
  const { server, identity } = started;
  let [running, most] = [0, 0];
  server.answerBy((_request, response, usual) => {
    running += 1;
    most = Math.max(most, running);
    response.once('close', () => {
      running -= 1;
    });
    setImmediate(usual);
  });
  const ids = Array.from({ length: 1000 }, (_, index) => `p${index}`);

  const names = await Promise.all(identity.directory.projectNames(ids));

  assert(names.every((name) => name === undefined));
  assert(most > 1 && most <= 8, `${most} at a time`);
});

test('a domain that acts as a project is not one to share with', async () => {
  await using started = await startKeystone();
  started.server.addProject({
    id: 'd1',
    name: 'd',
    domain_id: null,
    enabled: true,
    is_domain: true,
  });

  const found = await started.identity.directory.projectById('d1');

  assert.equal(found, undefined);
});

test('a Keystone that tells nothing makes nobody unknown', async () => {
  await using started = await startKeystone({ timeout: 100 });
  started.server.answerBy(() => undefined);

  await assert.rejects(started.identity.directory.projectById('p7'), {
    code: 'IdentityUnavailable',
  });
});
