import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { FindingKind } from '../../src/service/check/finding.ts';
import { type CommandResult, runCommand } from '../support/command.ts';
import {
  beginUpload,
  callService,
  checkQueued,
  checkWhole,
  createImage,
  downloadImage,
  imageWith,
  replyTo,
  untilSaving,
} from '../support/image-calls.ts';
import { beginResumable, goOnAt } from '../support/resumable-uploads.ts';
import { type RunningService, runService } from '../support/running-service.ts';
import { emptyFolder } from '../support/service-process.ts';
import { seededBytes } from '../support/slow-data.ts';

function vitrine(dataDir: string, ...args: readonly string[]): Promise<CommandResult> {
  return runCommand(args, { env: { VITRINE_DATA_DIR: dataDir } });
}

interface Found {
  readonly kind: FindingKind;
  readonly subject: string;
  readonly outcome: 'found' | 'mended' | 'note';
}

interface Checked {
  readonly code: number | null;
  readonly wrong: number;
  readonly mended: number;
  readonly findings: readonly Found[];
}

async function check(dataDir: string, ...args: readonly string[]): Promise<Checked> {
  const { code, out, err } = await vitrine(dataDir, 'check', '--json', ...args);
  assert(code === 0 || code === 3, err);
  return { code, ...JSON.parse(out) };
}

/** What was found, each as `kind subject outcome`, sorted. */
function told({ findings }: Checked): readonly string[] {
  return findings.map(({ kind, subject, outcome }) => `${kind} ${subject} ${outcome}`).toSorted();
}

const data = seededBytes('checked', 1_300_000);

function fileOf(folder: string, id: string): string {
  return join(folder, 'images', id.slice(0, 2), id);
}

async function flip(path: string, position: number): Promise<void> {
  const bytes = await readFile(path);
  bytes.writeUInt8(bytes.readUInt8(position) ^ 1, position);
  await writeFile(path, bytes);
}

function change(folder: string, ...statements: readonly string[]): void {
  using database = new DatabaseSync(join(folder, 'vitrine.db'), {
    enableForeignKeyConstraints: false,
  });
  for (const statement of statements) database.exec(statement);
}

async function shareWithSomeone(service: RunningService, id: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ member: 'someone' });
  const path = `/v2/images/${id}/members`;
  const { status } = await callService(service, { method: 'POST', path, headers, body });
  assert.equal(status, 200);
}

/** Puts a file among the data of a service. */
async function strayFile(folder: string, name: string, age = 0): Promise<void> {
  const path = join(folder, 'images', name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, 'stray');
  const at = new Date(Date.now() - age);
  await utimes(path, at, at);
}

test('a check beside a service at work finds nothing, and leaves its uploads alone', async () => {
  await using service = await runService();
  const whole = await imageWith(service, data);
  const id = await createImage(service);
  const upload = await beginUpload(service, id, { 'content-length': String(data.length) });
  upload.write(data.subarray(0, 700_000));
  await untilSaving(service, id);

  const beside = await check(service.folder, '--hashes', '--min-age', '0');
  const refused = await vitrine(service.folder, 'check', '--repair');
  upload.end(data.subarray(700_000));
  const { status } = await replyTo(upload);

  assert.deepEqual([beside.code, told(beside)], [0, []]);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /The service runs on .* Stop it for --repair/);
  assert.equal(status, 204);
  await checkWhole(service, id, data);
  await checkWhole(service, whole, data);
});

test('a check leaves uploads that can be resumed alone, beside the service and after it', async () => {
  await using place = await emptyFolder();
  const sent = 700_000;
  let path: string;
  let id: string;
  {
    await using service = await runService({ folder: place.path });
    id = await createImage(service);
    path = await beginResumable(service, id, { data, sent });
    const beside = await check(service.folder, '--hashes', '--min-age', '0');
    assert.deepEqual([beside.code, told(beside)], [0, []]);
  }

  const repaired = await check(place.path, '--repair', '--min-age', '0');
  await using service = await runService({ folder: place.path });
  const { status } = await goOnAt(service, path, { data, from: sent });

  assert.deepEqual([repaired.code, told(repaired)], [0, []]);
  assert.equal(status, 204);
  await checkWhole(service, id, data);
});

test('a check finds what is wrong, mends what may be mended, and then finds no more of it', async () => {
  await using place = await emptyFolder();
  const folder = join(place.path, 'data');
  const made = await runService({ folder });
  const image = () => imageWith(made, data);
  const [missing, short, flipped] = [await image(), await image(), await image()];
  const [unmarked, marked, nowhere] = [await image(), await image(), await image()];
  const [empty, logged] = [await image(), await image()];
  const [saving, importing] = [await createImage(made), await createImage(made)];
  await shareWithSomeone(made, logged);
  const token = JSON.parse(
    String((await callService(made, { path: `/v2/images/${saving}` })).body),
  );
  await made.stop();
  const [orphan, young, partial] = [randomUUID(), randomUUID(), `${randomUUID()}.${randomUUID()}`];
  const nameOf = (id: string) => `${id.slice(0, 2)}/${id}`;
  const old = 2 * 86_400_000;
  await strayFile(folder, nameOf(orphan), old);
  await strayFile(folder, nameOf(young));
  await strayFile(folder, `partial/${partial}`, old);
  await strayFile(folder, 'notes.txt', old);
  await rm(fileOf(folder, missing));
  await truncate(fileOf(folder, short), 1000);
  await flip(fileOf(folder, flipped), 1_200_000);
  await utimes(fileOf(folder, empty), new Date(0), new Date(0));
  await utimes(fileOf(folder, nowhere), new Date(0), new Date(0));
  change(
    folder,
    `update images set status = 'saving' where id = '${saving}'`,
    `update images set status = 'importing', properties = '{"os_glance_import_task":"${randomUUID()}"}' where id = '${importing}'`,
    `update project_usage set images = images + 5, uploads = 2`,
    `delete from data_checks where image_id = '${unmarked}'`,
    `insert into data_checks (image_id, verified_at) values ('${orphan}', 0)`,
    `update data_checks set damaged_at = 1, damaged_position = 0 where image_id = '${marked}'`,
    `update images set location = 's3+http://away/bucket/${nowhere}' where id = '${nowhere}'`,
    `update images set location = null where id = '${empty}'`,
    'drop trigger share_log_keeps',
    `update share_log set project_id = 'another' where image_id = '${logged}'`,
    `insert into image_tags (image_id, tag, owner, visibility, os_hidden, image_created_at) values ('${orphan}', 'x', 'x', 'private', 0, 0)`,
  );
  const producer = token.owner;

  const first = await check(folder, '--hashes');
  const repaired = await check(folder, '--hashes', '--repair');
  const second = await check(folder, '--hashes');

  const lasting = [
    `data-content ${flipped} found`,
    `data-missing ${missing} found`,
    `data-size ${short} found`,
    'database-unsound vitrine.db found',
    `image-without-data ${empty} found`,
    'foreign notes.txt note',
    `orphan ${nameOf(young)} found`,
    `share-log ${logged} found`,
    `store-unknown ${nowhere} found`,
  ];
  const mendable = [
    `check-record ${empty}`,
    `check-record ${orphan}`,
    `check-record ${unmarked}`,
    `damage-mark ${marked}`,
    `import-stuck ${importing}`,
    `orphan ${nameOf(empty)}`,
    `orphan ${nameOf(nowhere)}`,
    `orphan ${nameOf(orphan)}`,
    `unfinished partial/${partial}`,
    `upload-stuck ${saving}`,
    `usage ${producer}`,
  ];
  const all = (outcome: string) => mendable.map((line) => `${line} ${outcome}`);
  assert.deepEqual(told(first), [...lasting, ...all('found')].toSorted());
  assert.deepEqual(told(repaired), [...lasting, ...all('mended')].toSorted());
  assert.deepEqual(told(second), lasting.toSorted());
  assert.deepEqual([first.code, repaired.code, second.code], [3, 3, 3]);
  assert.deepEqual((await readdir(join(folder, 'images', 'aside'))).length, 4);

  await using service = await runService({ folder, logsErrors: true });
  await checkQueued(service, saving);
  await checkQueued(service, importing);
  await checkWhole(service, marked, data);
  await checkWhole(service, unmarked, data);
  const { status } = await downloadImage(service, missing);
  assert.equal(status, 503);
});

test('a store that cannot be reached is told, and nothing of it is taken for lost', async () => {
  await using service = await runService();
  await imageWith(service, data);
  await service.stop();
  const file = join(service.folder, 'images');
  await rm(file, { recursive: true });
  await writeFile(file, 'no folder');

  const { code, findings } = await check(service.folder);

  assert.equal(code, 3);
  assert.deepEqual(
    findings.map(({ kind, subject }) => [kind, subject]),
    [['store-unavailable', 'file']],
  );
});

test('people get a table, and are told what a command that makes no sense lacks', async () => {
  await using service = await runService();
  const id = await imageWith(service, data);
  await rm(fileOf(service.folder, id));

  const { code, out } = await vitrine(service.folder, 'check');
  const misused = await vitrine(service.folder, 'check', '--min-age', 'old');

  assert.equal(code, 3);
  assert.match(
    out,
    new RegExp(`^found  data-missing  ${id}  file   its data is not there  Put`, 'm'),
  );
  assert.match(out, /^wrong +1$/m);
  assert.equal(misused.code, 2);
  assert.match(misused.err, /--min-age: a number of seconds is wanted, not old/);
});

test('an operator has one image looked at, and is told by the exit code', async () => {
  await using service = await runService({ logsErrors: true });
  const id = await imageWith(service, data);
  const env = {
    OS_CLIENT_CONFIG_FILE: join(service.folder, 'clouds.yaml'),
    OS_CLOUD: 'vitrine-admin',
  };
  const whole = await runCommand(['scrub', 'image', id], { env });
  await flip(fileOf(service.folder, id), 1_200_000);
  await flip(fileOf(service.folder, id), 1_100_000);

  const damaged = await runCommand(['scrub', 'image', id, '--json'], { env });
  await flip(fileOf(service.folder, id), 1_200_000);
  await flip(fileOf(service.folder, id), 1_100_000);
  const again = await runCommand(['scrub', 'image', id], { env });

  assert.deepEqual([whole.code, damaged.code, again.code], [0, 3, 0]);
  const position = 1024 * 1024;
  assert.deepEqual(JSON.parse(damaged.out), { image_id: id, state: 'damaged', position });
  await checkWhole(service, id, data);
});
