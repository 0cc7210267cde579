import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual, inspect as shown } from 'node:util';
import { loadConfig } from '../../src/config.ts';
import { startService } from '../../src/server.ts';
import { passwordCost } from '../support/identity.ts';
import { watchedLog } from '../support/watched-log.ts';
import { type Acknowledged, allowedViews, type History, type ImageView } from './history.ts';

/** What is known of a folder that a service worked in. */
export interface Known {
  readonly history: History;
  readonly acknowledged: Acknowledged;
  /** What was acknowledged at the latest moment that the folder may be of, unless it is of one. */
  readonly latest?: Acknowledged;
  /** Tokens of an earlier service on the folder; undefined while it had not been ready. */
  readonly producer: string | undefined;
}

/** Lets a service start on the data in `place`, and says what is not as it was promised. */
export async function inspect(place: string, known: Known): Promise<readonly string[]> {
  const folder = join(place, 'data');
  const config = { ...loadConfig({}, undefined), port: 0, dataDir: folder, scrubTime: 3600 };
  const log = watchedLog();
  try {
    const service = await startService(config, log.log, { passwordCost });
    try {
      if (known.producer === undefined) return [];
      return await inspectImages(folder, known, { url: service.url, token: known.producer });
    } finally {
      await service.stop();
      log.check();
    }
  } catch (cause) {
    return [`the service does not start: ${shown(cause)}`];
  }
}

/** A running service, and a token of the owner of all images. */
export interface Access {
  readonly url: string;
  readonly token: string;
}

/** Says what of the images in `folder`, as a running service shows them, is not as it was promised. */
export async function inspectImages(
  folder: string,
  { history, acknowledged, latest }: Pick<Known, 'history' | 'acknowledged' | 'latest'>,
  access: Access,
): Promise<readonly string[]> {
  const found = await readImages(folder, access);
  const wrong: string[] = [];
  for (const [imageId, operations] of history) {
    const count = acknowledged.get(imageId) ?? 0;
    const allowed = allowedViews(operations, count, latest?.get(imageId) ?? count);
    const view = found.get(imageId);
    if (!allowed.some((one) => isDeepStrictEqual(one, view))) {
      const [least] = allowed;
      wrong.push(
        `image ${imageId} is ${JSON.stringify(view)}, not ${JSON.stringify(least)} or later`,
      );
    }
  }
  for (const imageId of found.keys()) {
    if (!history.has(imageId)) wrong.push(`image ${imageId} is there, and nobody made it`);
  }
  return [...wrong, ...(await untilTidy(folder, found))];
}

/** How long the service may take to remove what is left of what went wrong, ms. */
const patience = 10_000;

/** What is still to be removed a while after the start. */
async function untilTidy(
  folder: string,
  found: ReadonlyMap<string, ImageView>,
): Promise<readonly string[]> {
  const end = Date.now() + patience;
  for (;;) {
    const wrong = [...inspectData(folder, found), ...inspectRecords(folder)];
    if (wrong.length === 0 || Date.now() > end) return wrong;
    await setTimeout(20);
  }
}

async function readImages(folder: string, access: Access): Promise<Map<string, ImageView>> {
  const images = [];
  for (let path: string | undefined = '/v2/images?limit=1000'; path !== undefined; ) {
    const page = await read(access, path);
    images.push(...page.images);
    path = page.next;
  }
  const members = query(folder, 'select image_id, status from image_members');
  const answers = new Map(members.map(({ image_id, status }) => [image_id, String(status)]));
  const views = new Map<string, ImageView>();
  for (const image of images) {
    views.set(image.id, {
      status: image.status,
      name: image.name,
      size: image.size,
      hash: image.os_hash_value,
      tags: image.tags,
      member: answers.get(image.id) ?? null,
    });
  }
  return views;
}

// biome-ignore lint/suspicious/noExplicitAny: whatever document came.
async function read({ url, token }: Access, path: string): Promise<any> {
  const response = await once(
    get(`${url}${path}`, { headers: { 'x-auth-token': token } }),
    'response',
  );
  const text = String(Buffer.concat(await Array.fromAsync(response[0] as IncomingMessage)));
  if (response[0].statusCode !== 200) throw new Error(`${path}: ${text}`);
  return JSON.parse(text);
}

/** Every image that has data has all of it, and nothing else lies in the store. */
function inspectData(folder: string, images: ReadonlyMap<string, ImageView>): readonly string[] {
  const wrong: string[] = [];
  const files = filesIn(join(folder, 'images'));
  const kept = new Set([...images].filter(([, { hash }]) => hash !== null).map(([id]) => id));
  for (const id of restorable(folder)) kept.add(id);
  for (const id of kept) {
    const path = files.get(id);
    if (path === undefined) wrong.push(`image ${id} has lost its data`);
    else if (images.has(id) && hashOf(path) !== images.get(id)?.hash) {
      wrong.push(`image ${id} is not whole`);
    }
  }
  for (const name of files.keys()) if (!kept.has(name)) wrong.push(`file ${name} is an orphan`);
  return wrong;
}

function hashOf(path: string): string {
  return createHash('sha512').update(readFileSync(path)).digest('hex');
}

function filesIn(folder: string): Map<string, string> {
  if (!existsSync(folder)) return new Map();
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return new Map(files.map(({ name, parentPath }) => [name, join(parentPath, name)]));
}

function restorable(folder: string): readonly string[] {
  return query(folder, 'select image_id as id from pending_deletes').map(({ id }) => String(id));
}

/** What must be so in the database whatever happened. */
const invariants: readonly (readonly [string, string])[] = [
  ['an upload is still reserved', 'select image_id from upload_reservations'],
  ['data is still unwanted', 'select location from unwanted_data'],
  ['an image is still saving', "select id from images where status = 'saving'"],
  [
    'the database is not sound',
    "select integrity_check from pragma_integrity_check where integrity_check <> 'ok'",
  ],
  [
    'usage is not what the images make',
    `select project_usage.*, made.images as n, made.bytes as b from project_usage left join
      (select owner, count(*) as images, sum(size) as bytes from
        (select owner, coalesce(size, 0) as size from images
         union all select owner, size from pending_deletes) group by owner) as made
      on made.owner = project_usage.project_id
      where project_usage.images <> coalesce(made.images, 0)
        or project_usage.bytes <> coalesce(made.bytes, 0) or project_usage.uploads <> 0`,
  ],
];

function inspectRecords(folder: string): readonly string[] {
  return invariants.flatMap(([text, sql]) =>
    query(folder, sql).map((row) => `${text}: ${JSON.stringify(row)}`),
  );
}

function query(folder: string, sql: string): readonly Record<string, unknown>[] {
  const database = new DatabaseSync(join(folder, 'vitrine.db'), { readOnly: true });
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}
