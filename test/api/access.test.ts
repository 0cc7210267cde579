import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { verifyShareLog } from '../../src/client/share-log.ts';
import type { CallerName } from '../support/callers.ts';
import { runCommand } from '../support/command.ts';
import { createActiveImage, createImage, expectStatus, patch, share } from '../support/images.ts';
import { type Answer, sharedService } from '../support/service.ts';

const service = await sharedService();
const { projects } = service;
const root = '/vitrine/v1';

function call(by: CallerName, method: string, path: string, body?: unknown): Promise<Answer> {
  return service.call(by, method, `${root}${path}`, body, { accept: 'application/json' });
}

function ask(imageId: string, by: CallerName = 'consumer'): Promise<Answer> {
  return call(by, 'POST', '/requests', { image_id: imageId, reason: 'to build on it' });
}

async function memberStatus(imageId: string, by: CallerName = 'consumer'): Promise<unknown> {
  const path = `/v2/images/${imageId}/members/${projects[by as 'consumer']}`;
  return (await service.call(by, 'GET', path)).json?.status;
}

/** Waits until `isSo`, as somebody does who looks again and again. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end; await pause(50)) if (await isSo()) return;
  assert.fail('it does not come to pass');
}

async function logOf(imageId: string, by: CallerName = 'producer') {
  return (await call(by, 'GET', `/share-log/${imageId}`)).json;
}

const kinds = (log: { lines: { kind: string }[] }) => log.lines.map(({ kind }) => kind);

describe('a request for access', () => {
  test('that is approved makes a member that has accepted', async () => {
    const { id } = await createImage(service, { name: 'asked for' });

    const asked = expectStatus(await ask(id), 202);
    const waiting = await call('producer', 'GET', '/requests?side=received');
    const approved = await call('producer', 'POST', `/requests/${asked.json.id}/approval`, {
      note: 'welcome',
    });
    const made = await call('consumer', 'GET', '/requests');

    assert.partialDeepStrictEqual(waiting.json.requests[0], {
      id: asked.json.id,
      project: { id: projects.consumer, name: 'consumer' },
      reason: 'to build on it',
    });
    assert.equal(approved.json.state, 'approved');
    assert.partialDeepStrictEqual(made.json.requests[0], { state: 'approved', word: 'welcome' });
    assert.equal(await memberStatus(id), 'accepted');
  });

  test('that is declined gets a word, and opens nothing', async () => {
    const { id } = await createImage(service);
    const asked = await ask(id);

    const path = `/requests/${asked.json.id}`;
    const foreign = await call('other', 'POST', `${path}/refusal`, { word: 'no' });
    const own = await call('consumer', 'POST', `${path}/approval`, {});
    const declined = await call('producer', 'POST', `${path}/refusal`, { word: 'not yet' });
    const again = await call('producer', 'POST', `${path}/approval`, {});

    assert.deepEqual([foreign.status, own.status, again.status], [404, 404, 404]);
    assert.partialDeepStrictEqual(declined.json, { state: 'declined', word: 'not yet' });
    assert.equal((await service.call('consumer', 'GET', `/v2/images/${id}`)).status, 404);
  });

  test('tells nothing of whether there is such an image', async () => {
    const { id: hidden } = await createImage(service, { visibility: 'private' });
    const missing = randomUUID();

    const answers = await Promise.all([ask(hidden), ask(missing)]);
    const again = await Promise.all([ask(hidden), ask(missing)]);
    const made = (await call('consumer', 'GET', '/requests')).json.requests;

    const plain = ({ status, headers, text }: Answer, id: string) => [
      ...[status, Object.keys(headers).join()],
      text.replaceAll(id, 'image').replace(/[0-9a-f-]{36}|\d{4}-\d\d-\d\dT[\d:.]+Z/g, ''),
    ];
    const [ofHidden, ofMissing] = [answers, again]
      .map(([first, second]) => [first && plain(first, hidden), second && plain(second, missing)])
      .reduce(
        ([a = [], b = []], [c, d]) => [
          [...a, c],
          [...b, d],
        ],
        [[], []] as unknown[][],
      );
    assert.deepEqual(ofHidden, ofMissing);
    assert.equal(answers[0]?.status, 202);
    assert.deepEqual(
      made.slice(0, 2).map((one: { state: string }) => one.state),
      ['pending', 'pending'],
    );
  });

  test('is refused of what the project sees, and of too many', async () => {
    const { id } = await createImage(service);
    await share(service, id, 'consumer');
    const seen = await ask(id);
    const statuses: number[] = [];

    for (let count = 0; count < 25; count += 1) {
      statuses.push((await ask(randomUUID(), 'stranger')).status);
    }

    assert.equal(seen.status, 409);
    assert.equal(statuses[0], 202);
    assert.equal(statuses.at(-1), 429);
  });

  test('can be made of what the catalogue lists, as long as it can be shared', async () => {
    const { id } = await createActiveImage(service, '12345', { name: 'to be had' });
    await call('producer', 'PUT', `/catalogue/${id}`, { summary: 'ask for it' });
    const listed = async () =>
      (await call('stranger', 'GET', '/catalogue')).json.images.find(
        (one: { image: { id: string } }) => one.image.id === id,
      );

    const found = await listed();
    await patch(service, id, [{ op: 'replace', path: '/visibility', value: 'private' }]);
    const hidden = await listed();
    const shown = await service.call('stranger', 'GET', `/v2/images/${id}`);

    assert.partialDeepStrictEqual(found, {
      image: { name: 'to be had', size: 5 },
      producer: { id: projects.producer, name: 'producer' },
      summary: 'ask for it',
    });
    assert.equal(hidden, undefined);
    assert.equal(shown.status, 404);
  });
});

test('a rule accepts what matches it, by whichever call it is offered, and counts', async () => {
  const rule = await call('consumer', 'POST', '/accept-rules', {
    producer: 'producer',
    name: 'debian-*',
    family: 'stable',
  });
  assert.equal(rule.json.producer.id, projects.producer, 'found by its name');
  const offered: [string, Record<string, string>][] = [
    ['accepted', { name: 'debian-13', family: 'stable' }],
    ['pending', { name: 'debian-13' }],
    ['pending', { name: 'ubuntu', family: 'stable' }],
  ];

  for (const [status, image] of offered) {
    const { id } = await createImage(service, image);
    await service.call('producer', 'POST', `/v2/images/${id}/members`, {
      member: projects.consumer,
    });

    assert.equal(await memberStatus(id), status);
    if (status !== 'accepted') continue;
    const { lines } = await logOf(id);
    assert.partialDeepStrictEqual(lines[1], {
      kind: 'answered',
      by_project: projects.consumer,
      details: { status: 'accepted', rule: rule.json.id },
    });
  }
  const { json } = await call('consumer', 'GET', '/accept-rules');
  const removed = await call('consumer', 'DELETE', `/accept-rules/${rule.json.id}`);

  assert.partialDeepStrictEqual(json.rules, [{ id: rule.json.id, uses: 1 }]);
  assert.equal(removed.status, 204);
});

test('a share that is withdrawn with notice holds until then; its end is told of, and noted', async () => {
  const { id } = await createImage(service);
  await share(service, id, 'consumer', 'accepted');
  const path = `/shares/${id}/consumer/withdrawal`;

  const announced = await call('producer', 'POST', path, {
    at: new Date(Date.now() + 3_600_000).toISOString(),
    reason: 'replaced by debian-13',
  });
  const inbox = await call('consumer', 'GET', '/inbox?state=accepted');
  const meanwhile = await memberStatus(id);
  const database = await service.openDatabase();
  const now = { expires_at: Date.now() };
  await database.write.updateTable('image_members').set(now).where('image_id', '=', id).execute();
  await database.close();
  await until(async () => kinds(await logOf(id)).includes('withdrawn'));

  assert.equal(announced.json.withdrawal, 'replaced by debian-13');
  assert.partialDeepStrictEqual(inbox.json.offers[0], {
    image: { id },
    withdrawal: 'replaced by debian-13',
  });
  assert.equal(meanwhile, 'accepted');
  assert.equal((await service.call('consumer', 'GET', `/v2/images/${id}`)).status, 404);
  const told = kinds(await logOf(id)).filter((kind) => kind !== 'ending');
  assert.deepEqual(told, ['offered', 'answered', 'withdrawal_announced', 'withdrawn']);
});

test('the log has all that happened in a chain, and each consumer its own lines', async () => {
  const { id } = await createActiveImage(service, '12345');
  await share(service, id, 'consumer', 'accepted');
  await share(service, id, 'other');
  await service.call('consumer', 'GET', `/v2/images/${id}/file`);
  await until(async () => kinds(await logOf(id)).includes('downloaded'));

  const whole = await logOf(id);
  const own = await logOf(id, 'other');
  const shares = await call('producer', 'GET', `/shares/${id}`);
  const changed = structuredClone(whole.lines);
  changed[1].details.status = 'rejected';
  const verify = (lines: never[], isWhole: boolean, head?: string) =>
    verifyShareLog(id, { lines, isWhole }, head);

  assert.deepEqual(kinds(whole), ['offered', 'answered', 'offered', 'downloaded']);
  assert.deepEqual([whole.whole, own.whole, kinds(own)], [true, false, ['offered']]);
  assert.equal(await verify(whole.lines, true), undefined);
  assert.equal(await verify(own.lines, false), undefined);
  assert.deepEqual(await verify(changed, true), { number: 2, what: 'it was changed' });
  assert.equal((await verify(whole.lines.toSpliced(1, 1), true))?.number, 3);
  assert.equal((await verify(whole.lines.slice(0, 2), true, whole.lines[3].hash))?.number, 2);
  assert.deepEqual(
    shares.json.shares.map((one: { downloads: { count: number; bytes: number } }) => [
      one.downloads.count,
      one.downloads.bytes,
    ]),
    [
      [1, 5],
      [0, 0],
    ],
  );
});

test('the database itself keeps the log as it is', async () => {
  const { id } = await createImage(service);
  await share(service, id, 'consumer');
  const database = await service.openDatabase();

  await assert.rejects(database.write.deleteFrom('share_log').execute(), /only added to/);
  await assert.rejects(
    database.write.updateTable('share_log').set({ kind: 'left' }).execute(),
    /only added to/,
  );
  await database.close();
});

test('a share log is verified by a command', async () => {
  const { id } = await createImage(service);
  await share(service, id, 'consumer');
  const env = { OS_CLIENT_CONFIG_FILE: join(service.folder, 'clouds.yaml') };

  const { out, err } = await runCommand(
    ['share', 'verify', id, '--os-cloud', 'vitrine-producer', '--json'],
    { env },
  );

  assert.partialDeepStrictEqual(JSON.parse(out || '{}'), { image: id, lines: 1, whole: true }, err);
});
