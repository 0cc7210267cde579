import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand } from '../support/command.ts';
import {
  callService,
  checkWhole,
  createImage,
  deleteImage,
  imageWith,
  showImage,
  uploadImage,
} from '../support/image-calls.ts';
import { postgresDatabase } from '../support/postgres/databases.ts';
import { beginResumable } from '../support/resumable-uploads.ts';
import { type RunningService, runService } from '../support/running-service.ts';
import { type Environment, emptyFolder } from '../support/service-process.ts';
import { seededBytes } from '../support/slow-data.ts';

const data = seededBytes('kept', 2_500_001);
const staged = seededBytes('staged', 70_000);

/** Longer than PostgreSQL's lookups keep it. */
const long = 'long '.repeat(200);

async function vitrine(environment: Environment, ...args: readonly string[]): Promise<string> {
  const { code, out, err } = await runCommand(args, { env: environment });
  assert.equal(code, 0, `${args.join(' ')}: ${err}`);
  return out;
}

function member(service: RunningService, id: string, project: string) {
  return callService(service, {
    method: 'POST',
    path: `/v2/images/${id}/members`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ member: project }),
  });
}

async function listed(service: RunningService, query: string): Promise<readonly string[]> {
  const reply = await callService(service, { path: `/v2/images?${query}` });
  const { images } = JSON.parse(String(reply.body)) as { images: { id: string }[] };
  return images.map(({ id }) => id);
}

test('a service on PostgreSQL is backed up while it runs, and comes back on PostgreSQL as in a file', async () => {
  await using place = await emptyFolder();
  await using from = await postgresDatabase();
  const source = { VITRINE_DATABASE_URL: from.url };
  await using service = await runService({ environment: source });
  const env = { ...source, VITRINE_DATA_DIR: service.folder };
  const kept = await createImage(service, { long, tags: ['b', 'a'] });
  assert.equal((await uploadImage(service, kept, data)).status, 204);
  for (const project of ['second', 'first']) await member(service, kept, project);
  const waiting = await createImage(service);
  await beginResumable(service, waiting, { data, sent: 1000 });
  const second = await imageWith(service, staged);
  const backup = join(place.path, 'backup');

  const made = JSON.parse(await vitrine(env, 'backup', backup, '--json'));
  await deleteImage(service, second);
  assert.deepEqual({ files: made.files, damaged: made.damaged }, { files: 2, damaged: 0 });
  await using to = await postgresDatabase();
  const targets: readonly Environment[] = [{}, { VITRINE_DATABASE_URL: to.url }];
  for (const [n, target] of targets.entries()) {
    const folder = join(place.path, `restored-${n}`);
    const there = { ...target, VITRINE_DATA_DIR: folder };
    await vitrine(there, 'restore', backup);
    await vitrine(there, 'check', '--hashes');

    await using again = await runService({ folder, environment: target });
    await checkWhole(again, kept, data);
    await checkWhole(again, second, staged);
    assert.equal((await showImage(again, waiting)).status, 'queued');
    const members = await callService(again, { path: `/v2/images/${kept}/members` });
    const ids = JSON.parse(String(members.body)).members.map(
      (one: { member_id: string }) => one.member_id,
    );
    assert.deepEqual(ids, ['second', 'first'], 'in the order in which they came');
    assert.deepEqual(await listed(again, `long=${encodeURIComponent(long)}&tag=b`), [kept]);
    const fresh = await imageWith(again, staged);
    await checkWhole(again, fresh, staged);
  }
  const refused = await runCommand(['restore', backup], {
    env: { ...source, VITRINE_DATA_DIR: join(place.path, 'other') },
  });
  assert.equal(refused.code, 1);
  assert.match(refused.err, /is not empty: .* A backup is restored into an empty database/);
});

test('what changes while the records are copied is not in them: they are of one moment', async () => {
  await using place = await emptyFolder();
  await using from = await postgresDatabase();
  const source = { VITRINE_DATABASE_URL: from.url };
  await using service = await runService({ environment: source });
  const env = { ...source, VITRINE_DATA_DIR: service.folder };
  // Each image is named after the one before it, so that a snapshot that is not of one moment shows a gap.
  let isDone = false;
  const names: string[] = [];
  const writing = (async () => {
    for (let n = 0; !isDone; n += 1) {
      names.push(String(n));
      await createImage(service, { name: String(n) });
    }
  })();

  const backup = join(place.path, 'backup');
  await vitrine(env, 'backup', backup);
  isDone = true;
  await writing;
  const folder = join(place.path, 'file');
  await vitrine({ VITRINE_DATA_DIR: folder }, 'restore', backup);
  await vitrine({ VITRINE_DATA_DIR: folder }, 'check');

  await using again = await runService({ folder });
  const reply = await callService(again, { path: '/v2/images?limit=1000&sort=created_at:asc' });
  const found = JSON.parse(String(reply.body)).images.map(({ name }: { name: string }) => name);
  assert(found.length > 0 && found.length < names.length, `${found.length} of ${names.length}`);
  assert.deepEqual(
    [...found].toSorted((a: string, b: string) => Number(a) - Number(b)),
    names.slice(0, found.length),
  );
});
