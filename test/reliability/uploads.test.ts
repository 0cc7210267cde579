import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { callService, createImage, deleteImage, until } from '../support/image-calls.ts';
import { askForUpload, pathOf, tus } from '../support/resumable-uploads.ts';
import { type RunningService, runService } from '../support/running-service.ts';
import { seededBytes } from '../support/slow-data.ts';
import { countOf, emptyPlace } from './place.ts';
import { randomFrom } from './remains.ts';

const kills = countOf('VITRINE_UPLOAD_KILLS', 50);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Bytes; as much as takes a while, and no whole number of anything. */
const size = 48 * 1024 * 1024 + 4321;

/** Kills amid one upload at most: each has to end too. */
const killsEach = 5;

/** Longest time until a kill, once something is being sent, ms. */
const longest = 400;

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A command that uploads a file. */
interface Sender {
  readonly kill: () => Promise<Ended>;
  readonly ended: Promise<Ended>;
  /** Resolves once it sends, or has ended. */
  readonly sending: Promise<void>;
}

function send(place: string, file: string): Sender {
  const args = ['src/cli/main.ts', 'image', 'upload', file, '--os-cloud', 'vitrine-producer'];
  const child = spawn(process.execPath, [...args, '--json', '--retry-for', '60'], {
    cwd: root,
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/compiled'),
      XDG_STATE_HOME: join(place, 'state'),
      OS_CLIENT_CONFIG_FILE: join(place, 'data', 'clouds.yaml'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { promise: sending, resolve } = Promise.withResolvers<void>();
  child.stderr.on('data', (bytes) => String(bytes).includes('%') && resolve());
  const said = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  const ended = said.then(([out, err, [code]]) => ({ out, err, code }));
  void ended.then(() => resolve());
  return {
    ended,
    sending,
    kill: () => {
      child.kill('SIGKILL');
      return ended;
    },
  };
}

/** What a command has said of its image, as it does once the image is active; it may be killed right behind that. */
function imageOf({ out }: Ended): Record<'id' | 'status' | 'os_hash_value', string> | undefined {
  return out === '' ? undefined : JSON.parse(out);
}

/** Every file of data, by its name. */
async function filesOf(folder: string): Promise<readonly string[]> {
  const images = join(folder, 'images');
  if (!existsSync(images)) return [];
  const entries = await readdir(images, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

interface Scene {
  readonly place: string;
  readonly random: () => number;
  service: RunningService;
  readonly restart: () => Promise<RunningService>;
  killed: number;
  resumed: number;
}

/** Uploads a file, kills the sender and the service meanwhile, and gives the image that it became. */
async function uploadAmidKills(scene: Scene, file: string): Promise<{ id: string; hash: string }> {
  let sender = send(scene.place, file);
  const note = ({ err }: Ended) => {
    if (/Goes on with the upload/.test(err)) scene.resumed += 1;
  };
  for (let kill = 0; kill < killsEach && scene.killed < kills; kill += 1) {
    if (scene.random() < 0.8) await sender.sending;
    await setTimeout(scene.random() * longest);
    scene.killed += 1;
    if (scene.random() < 0.5) {
      const killed = await sender.kill();
      note(killed);
      // It may have ended before, or said what there is to say.
      if (imageOf(killed)) break;
      sender = send(scene.place, file);
    } else {
      await scene.service.crash();
      scene.service = await scene.restart();
    }
  }
  let result = await sender.ended;
  // The service was away when it was asked for the image.
  for (let tries = 0; !imageOf(result) && tries < 3; tries += 1) {
    note(result);
    result = await send(scene.place, file).ended;
  }
  note(result);
  const image = imageOf(result);
  assert(image, result.err);
  assert.equal(image.status, 'active');
  return { id: image.id, hash: image.os_hash_value };
}

test('an upload goes on where it was, whoever is killed in the middle of it', async (t) => {
  await using place = await emptyPlace();
  const folder = join(place.path, 'data');
  // Always at the same port, as a service is that starts anew.
  const start = (port: number) =>
    runService({
      folder,
      environment: {
        VITRINE_PORT: String(port),
        VITRINE_MIN_FREE_BYTES: '0',
        VITRINE_LOG_LEVEL: 'error',
        VITRINE_AUDIT: 'none',
        VITRINE_CONSOLE: 'false',
      },
    });
  const service = await start(0);
  const random = randomFrom(countOf('VITRINE_SEED', 1));
  const restart = () => start(service.port);
  const scene: Scene = { place: place.path, random, service, restart, killed: 0, resumed: 0 };
  const kept = new Set<string>();
  try {
    for (let round = 0; scene.killed < kills; round += 1) {
      const file = join(place.path, 'disk.raw');
      const data = seededBytes(`upload ${round}`, size);
      await writeFile(file, data);
      const { id, hash } = await uploadAmidKills(scene, file);
      kept.add(id);
      assert.equal(hash, createHash('sha512').update(data).digest('hex'));
      const path = join(folder, 'images', id.slice(0, 2), id);
      assert(data.equals(await readFile(path)), 'the data is not what was sent');
      await checkTidy(scene.service, kept);
      await deleteImage(scene.service, id);
      kept.delete(id);
    }
  } finally {
    await scene.service[Symbol.asyncDispose]();
  }
  t.diagnostic(`${scene.killed} kills; uploads were gone on with ${scene.resumed} times`);
  assert(scene.resumed > 0);
});

/** A sender that was killed before it knew of its image, or its upload, has left it, and nothing more. */
async function checkTidy(service: RunningService, kept: ReadonlySet<string>): Promise<void> {
  const answer = await callService(service, { path: '/v2/images?limit=1000' });
  const images: { id: string; status: string }[] = JSON.parse(String(answer.body)).images;
  for (const { id, status } of images) {
    if (kept.has(id)) assert.equal(status, 'active');
    else assert(['queued', 'saving'].includes(status), `image ${id} is ${status}`);
  }
  // No byte came to an upload that its sender never knew of.
  await until('no piece is left', async () => {
    const names = await filesOf(service.folder);
    return names.length === kept.size && names.every((name) => kept.has(name));
  });
}

test('an upload to which nothing comes ends, and what it set aside is free', async () => {
  await using service = await runService({
    environment: { VITRINE_UPLOAD_EXPIRY: '1', VITRINE_IMAGE_COUNT_UPLOADING: '1' },
  });
  const begin = (imageId: string) => askForUpload(service, imageId, { size: 10, first: 'first' });
  const [first, second] = [await createImage(service), await createImage(service)];
  const begun = await begin(first);
  const refused = await begin(second);
  const path = pathOf(begun);

  await until('the upload is gone', async () => {
    const { status } = await callService(service, { method: 'HEAD', path, headers: tus });
    return status === 404;
  });

  assert.deepEqual([begun.status, refused.status], [201, 413]);
  const image = await callService(service, { path: `/v2/images/${first}` });
  assert.equal(JSON.parse(String(image.body)).status, 'queued');
  assert.equal((await begin(second)).status, 201);
  await until('its data is gone', async () => (await filesOf(service.folder)).length <= 1);
});
