import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CloudAuth, cloudAuth, type Login, logIn } from '../support/clouds.ts';
import { startServer } from '../support/running-server.ts';
import type { Environment } from '../support/service-process.ts';

/** An account of the cloud, by which a client is run or the Images API is asked directly. */
export interface Account extends Login {
  /** Name in `clouds.yaml`. */
  readonly cloud: string;
  readonly auth: CloudAuth;
  /** What a client finds in its environment: the login data, and a home that no other test run sees. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What the clients run against: Vitrine, or whatever the environment names. */
export interface Cloud extends AsyncDisposable {
  readonly admin: Account;
  readonly producer: Account;
  readonly consumer: Account;
  /** A folder for the files of this run. */
  readonly directory: string;
  /** A name that no other image has. */
  newName(): string;
}

/** An image as far as a test reads it. */
export interface ImageDocument {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly visibility: string;
  readonly tags: readonly string[];
  readonly size: number | null;
  readonly checksum: string | null;
  readonly os_hash_value: string | null;
  readonly disk_format: string | null;
  readonly [property: string]: unknown;
}

/**
 * Opens the cloud of `VITRINE_INTEROP_CLOUDS`, the path of a `clouds.yaml` with the clouds
 * vitrine-admin, vitrine-producer and vitrine-consumer; without it, or with
 * settings that only a Vitrine of ours has, starts one.
 */
export async function openCloud(settings?: Environment): Promise<Cloud> {
  await using cleanup = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'vitrine-interop-'));
  cleanup.defer(() => rm(directory, { recursive: true, force: true }));
  const given = settings ? undefined : process.env['VITRINE_INTEROP_CLOUDS'];
  const cloudsFile =
    given ?? join(cleanup.use(await startServer(settings)).dataDirectory, 'clouds.yaml');

  const [admin, producer, consumer] = await Promise.all(
    (['vitrine-admin', 'vitrine-producer', 'vitrine-consumer'] as const).map((cloud) =>
      openAccount(cloudsFile, cloud, directory),
    ),
  );
  assert(admin && producer && consumer);
  const run = `interop-${randomUUID().slice(0, 8)}`;
  let names = 0;
  cleanup.defer(() => deleteImages(producer, run));

  const owned = cleanup.move();
  return {
    admin,
    producer,
    consumer,
    directory,
    newName() {
      names += 1;
      return `${run}-${names}`;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function openAccount(file: string, cloud: string, home: string): Promise<Account> {
  const auth = await cloudAuth(file, cloud);
  const environment = { HOME: home, OS_CLIENT_CONFIG_FILE: file, OS_CLOUD: cloud };
  return { ...(await logIn(auth)), cloud, auth, environment };
}

/** Asks the Images API as `account`; `path` starts with `/v2`. */
export async function ask(
  account: Account,
  method: string,
  path: string,
  body?: unknown,
): Promise<Response> {
  return await fetch(`${account.imageEndpoint}${path}`, {
    method,
    headers: {
      'X-Auth-Token': account.token,
      ...(body instanceof Uint8Array && { 'Content-Type': 'application/octet-stream' }),
    },
    ...(body !== undefined && { body: body instanceof Uint8Array ? body : JSON.stringify(body) }),
  });
}

/** The image with `id` as `account` sees it. */
export async function imageOf(account: Account, id: string): Promise<ImageDocument> {
  const response = await ask(account, 'GET', `/v2/images/${id}`);
  assert.equal(response.status, 200);
  return (await response.json()) as ImageDocument;
}

/** Makes an image of the account's project, with data unless `data` is left out. */
export async function makeImage(
  account: Account,
  properties: Readonly<Record<string, unknown>>,
  data?: Uint8Array,
): Promise<ImageDocument> {
  const created = await ask(account, 'POST', '/v2/images', {
    disk_format: 'raw',
    container_format: 'bare',
    ...properties,
  });
  assert.equal(created.status, 201);
  const image = (await created.json()) as ImageDocument;
  if (data) {
    const uploaded = await ask(account, 'PUT', `/v2/images/${image.id}/file`, data);
    assert.equal(uploaded.status, 204);
  }
  return image;
}

/** Makes `member` a member of the image, with `status` as its answer when one is given. */
export async function share(
  owner: Account,
  imageId: string,
  member: Account,
  status?: string,
): Promise<void> {
  const path = `/v2/images/${imageId}/members`;
  const added = await ask(owner, 'POST', path, { member: member.projectId });
  assert.equal(added.status, 200);
  if (status === undefined) return;
  const answered = await ask(member, 'PUT', `${path}/${member.projectId}`, { status });
  assert.equal(answered.status, 200);
}

/** The status of each member of the image, by project, as its owner sees it. */
export async function memberStatuses(
  owner: Account,
  imageId: string,
): Promise<Record<string, string>> {
  const response = await ask(owner, 'GET', `/v2/images/${imageId}/members`);
  assert.equal(response.status, 200);
  const { members } = (await response.json()) as {
    members: { member_id: string; status: string }[];
  };
  return Object.fromEntries(members.map(({ member_id, status }) => [member_id, status]));
}

async function deleteImages(owner: Account, prefix: string): Promise<void> {
  const response = await ask(owner, 'GET', '/v2/images?limit=1000');
  const { images } = (await response.json()) as { images: ImageDocument[] };
  for (const { id, name } of images) {
    if (name?.startsWith(prefix)) await ask(owner, 'DELETE', `/v2/images/${id}`);
  }
}
