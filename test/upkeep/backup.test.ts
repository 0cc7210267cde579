import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import {
  cp,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { snapshotSqlite } from '../../src/database/snapshot.ts';
import { makeBackup } from '../../src/service/backup/backup.ts';
import { filesystemStore } from '../../src/store/filesystem.ts';
import { hashers } from '../../src/store/hashing.ts';
import { hold } from '../../src/store/holds.ts';
import { type CommandResult, runCommand } from '../support/command.ts';
import {
  callService,
  checkQueued,
  checkWhole,
  createImage,
  deleteImage,
  imageWith,
  showImage,
  until,
  uploadImage,
} from '../support/image-calls.ts';
import { beginResumable } from '../support/resumable-uploads.ts';
import { runService } from '../support/running-service.ts';
import { emptyFolder } from '../support/service-process.ts';
import { seededBytes } from '../support/slow-data.ts';
import { onlyStore } from '../support/stores.ts';

function vitrine(dataDir: string, ...args: readonly string[]): Promise<CommandResult> {
  return runCommand(args, { env: { VITRINE_DATA_DIR: dataDir } });
}

async function done(running: Promise<CommandResult>): Promise<CommandResult> {
  const result = await running;
  assert.equal(result.code, 0, result.err);
  return result;
}

/** Changes one byte of a file. */
async function damage(path: string, position: number): Promise<void> {
  const bytes = await readFile(path);
  bytes.writeUInt8(bytes.readUInt8(position) ^ 1, position);
  await writeFile(path, bytes);
}

function fileOf(folder: string, id: string): string {
  return join(folder, id.slice(0, 2), id);
}

const small = seededBytes('small', 3000);
const large = seededBytes('large', 2_500_001);

describe('a backup of a service that runs', () => {
  test('restored, is the service as it was at its moment', async () => {
    await using place = await emptyFolder();
    const backup = join(place.path, 'backup');
    const restored = join(place.path, 'restored');
    await using service = await runService();
    const kept = await imageWith(service, large);
    const deleted = await imageWith(service, small);
    const queued = await createImage(service);
    await callService(service, {
      method: 'POST',
      path: `/v2/images/${kept}/members`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ member: 'someone' }),
    });

    await done(vitrine(service.folder, 'backup', backup));
    const token = await service.token('producer');
    await deleteImage(service, deleted);
    const later = await imageWith(service, small);
    await done(vitrine(restored, 'restore', backup));

    await using again = await runService({ folder: restored });
    await checkWhole(again, kept, large);
    await checkWhole(again, deleted, small);
    assert.equal((await showImage(again, queued)).status, 'queued');
    const members = await callService(again, { path: `/v2/images/${kept}/members` });
    assert.equal(JSON.parse(String(members.body)).members[0].member_id, 'someone');
    assert.equal((await callService(again, { path: `/v2/images/${later}` })).status, 404);
    // What was revoked since then must not be good again.
    const old = await fetch(`${again.url}/v2/images`, { headers: { 'x-auth-token': token } });
    assert.equal(old.status, 401);
    const { mode } = await stat(join(backup, 'clouds.yaml'));
    assert.equal(mode & 0o777, 0o600);
  });
});

test('data that is deleted while a backup holds it goes when it is let go', async () => {
  await using service = await runService();
  const id = await imageWith(service, small);
  const path = fileOf(join(service.folder, 'images'), id);
  {
    await using _held = await hold(join(service.folder, 'images'));
    await deleteImage(service, id);
    await setTimeout(500);
    assert.equal((await stat(path)).size, small.length);
  }
  await until('the data is gone', async () => !existsSync(path));
});

describe('a backup', () => {
  test('takes again what an earlier one has, and copies what is new', async () => {
    await using place = await emptyFolder();
    await using service = await runService();
    await imageWith(service, large);
    await done(vitrine(service.folder, 'backup', join(place.path, '1')));
    const added = await imageWith(service, small);

    const { out } = await done(
      vitrine(service.folder, 'backup', join(place.path, '2'), '--reuse', place.path, '--json'),
    );

    const { files, reused } = JSON.parse(out);
    assert.deepEqual({ files, reused }, { files: 2, reused: 1 });
    const copy = await readFile(fileOf(join(place.path, '2', 'data', 'file'), added));
    assert(copy.equals(small));
  });

  test('of damaged data says so, and has what there is of it', async () => {
    await using place = await emptyFolder();
    const backup = join(place.path, 'backup');
    await using service = await runService();
    const damaged = await imageWith(service, large);
    const gone = await imageWith(service, small);
    await damage(fileOf(join(service.folder, 'images'), damaged), 1_100_000);
    await rm(fileOf(join(service.folder, 'images'), gone));

    const { code, err } = await vitrine(service.folder, 'backup', backup);

    assert.equal(code, 3);
    assert.match(err, new RegExp(`image ${damaged} in store file is damaged`));
    assert.match(err, new RegExp(`image ${gone} in store file is missing`));
    await done(vitrine(join(place.path, 'restored'), 'restore', backup));
  });

  test('onto a disk that gets full ends with what to do, and is none', async () => {
    await using place = await emptyFolder();
    const to = join(place.path, 'backup');
    await using service = await runService();
    for (let count = 0; count < 20; count += 1) await imageWith(service, small);
    const copied: number[] = [];
    await using threads = hashers({ pairs: 1 });
    const directory = join(service.folder, 'images');
    const store = filesystemStore({ id: 'file', directory, minFreeBytes: 0, hashers: threads });

    const making = makeBackup({
      to,
      stores: onlyStore(store),
      leave: [],
      dataDir: service.folder,
      async takeSnapshot(path) {
        await snapshotSqlite(join(service.folder, 'vitrine.db'), path);
        // Whatever is written here finds the disk full.
        await symlink('/dev/full', join(to, 'data.jsonl'));
      },
      rereads: false,
      progress: ({ files }) => copied.push(files),
      clock: () => new Date(),
    });

    await assert.rejects(making, /no room left for the backup in .* Make room there and run the/);
    assert(copied.length < 20);
    assert(!existsSync(join(to, 'manifest.json')));
  });

  test('goes into no folder that has something in it', async () => {
    await using place = await emptyFolder();
    await writeFile(join(place.path, 'mine'), '');
    await using service = await runService();

    const { code, err } = await vitrine(service.folder, 'backup', place.path);

    assert.equal(code, 1);
    assert.match(err, /is not empty/);
  });

  test('is refused where there is no service', async () => {
    await using place = await emptyFolder();

    const { code, err } = await vitrine(place.path, 'backup', join(place.path, 'backup'));

    assert.equal(code, 1);
    assert.match(err, /There is no service in/);
  });
});

test('an upload that could have been resumed is queued again in what is restored', async () => {
  await using place = await emptyFolder();
  const [backup, restored] = [join(place.path, 'backup'), join(place.path, 'restored')];
  await using service = await runService();
  const id = await createImage(service);
  await beginResumable(service, id, { data: large, sent: 700_000 });
  await done(vitrine(service.folder, 'backup', backup));
  await done(vitrine(restored, 'restore', backup));

  const { out } = await done(vitrine(restored, 'check', '--json', '--min-age', '0'));

  assert.deepEqual(JSON.parse(out).findings, []);
  await using again = await runService({ folder: restored });
  await checkQueued(again, id);
  assert.equal((await uploadImage(again, id, large)).status, 204);
  await checkWhole(again, id, large);
});

describe('a restore', () => {
  test('refuses what is not as the manifest says, and touches nothing', async () => {
    await using place = await emptyFolder();
    const backup = join(place.path, 'backup');
    const restored = join(place.path, 'restored');
    await using service = await runService();
    const id = await imageWith(service, small);
    await done(vitrine(service.folder, 'backup', backup));
    // As on another disk: there the files are no links to those of the service.
    await cp(backup, `${backup} 2`, { recursive: true });
    await damage(join(`${backup} 2`, 'vitrine.db'), 5000);
    await cp(backup, `${backup} 3`, { recursive: true });
    await damage(fileOf(join(`${backup} 3`, 'data', 'file'), id), 100);
    await cp(backup, `${backup} 4`, { recursive: true });
    await truncate(fileOf(join(`${backup} 4`, 'data', 'file'), id), 100);

    const database = await vitrine(restored, 'restore', `${backup} 2`);
    const size = await vitrine(restored, 'restore', `${backup} 4`);
    const untouched = await readdir(restored);
    const data = await vitrine(restored, 'restore', `${backup} 3`);

    assert.deepEqual([database.code, size.code, data.code], [1, 1, 1]);
    assert.match(database.err, /vitrine\.db is not what the manifest says/);
    assert.match(size.err, /1 of 1 files with data are missing from the backup/);
    assert.deepEqual(untouched, ['vitrine.lock']);
    assert.match(data.err, /is not what it is to be/);
    assert(!(await readdir(restored)).includes('vitrine.db'));
  });

  test('is made into an empty folder alone, that no service uses', async () => {
    await using place = await emptyFolder();
    const backup = join(place.path, 'backup');
    const target = join(place.path, 'target');
    await using service = await runService();
    await done(vitrine(service.folder, 'backup', backup));
    await mkdir(target);
    await writeFile(join(target, 'mine'), '');

    const running = await vitrine(service.folder, 'restore', backup);
    const full = await vitrine(target, 'restore', backup);

    assert.match(running.err, /Another Vitrine runs on this data folder/);
    assert.match(full.err, /is not empty: there is mine in it/);
  });
});
