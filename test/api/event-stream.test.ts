import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deleteOldEvents } from '../../src/database/project-events.ts';
import { openStream, take } from '../support/event-stream.ts';
import { createImage, share } from '../support/images.ts';
import { sharedService, startTestService } from '../support/service.ts';

const service = await sharedService();
const { tokens, projects } = service;

const stream = (by: 'producer' | 'consumer' | 'stranger', lastId?: string) =>
  openStream(service.url, tokens[by], lastId);

test('both sides of a share are told what happens to it, in order, and nobody else', async () => {
  const [producer, consumer, stranger] = await Promise.all([
    stream('producer'),
    stream('consumer'),
    stream('stranger'),
  ]);
  const { id } = await createImage(service, { name: 'told' });
  const member = `/v2/images/${id}/members/${projects.consumer}`;

  await service.call('producer', 'PUT', `/vitrine/v1/shares/${id}/consumer`, { note: 'new' });
  await service.call('consumer', 'PUT', member, { status: 'accepted' });
  await service.call('producer', 'DELETE', member);
  await share(service, id, 'stranger');
  const [own] = await take(stranger, 1);
  const told = await Promise.all([take(producer, 4), take(consumer, 3)]);
  for (const one of [producer, consumer, stranger]) one.close();

  const types = ['share.offered', 'share.answered', 'share.withdrawn'].map(
    (type) => `vitrine.${type}`,
  );
  assert.deepEqual(
    told[1].map(({ type }) => type),
    types,
  );
  assert.deepEqual(
    told[0].map(({ type }) => type),
    [...types, types[0]],
  );
  const [offered] = told[1];
  assert.partialDeepStrictEqual(offered?.data, {
    specversion: '1.0',
    source: '/vitrine',
    type: types[0],
    subject: id,
    data: { image_name: 'told', owner: projects.producer, member: projects.consumer, note: 'new' },
  });
  assert.equal(offered?.data.id, told[0][0]?.data.id);
  assert.equal(own?.data.data.member, projects.stranger);
});

test('a stream goes on where another one ended, with nothing twice and nothing left out', async () => {
  const first = await stream('consumer');
  const ids: string[] = [];
  const offer = async () => {
    const { id } = await createImage(service);
    await share(service, id, 'consumer');
    ids.push(id);
  };
  await offer();
  const begun = await take(first, 1);
  first.close();
  for (let count = 0; count < 5; count += 1) await offer();

  const second = await stream('consumer', first.lastId());
  await offer();
  const rest = await take(second, 6);
  second.close();
  const page = await service.call(
    'consumer',
    'GET',
    `/vitrine/v1/events?follow=false&after=${first.lastId()}`,
  );

  assert.deepEqual(
    [...begun, ...rest].map(({ data }) => data.subject),
    ids,
  );
  assert.deepEqual(
    page.json.events,
    rest.map(({ data }) => data),
  );
  assert.equal(String(page.json.next), second.lastId());
});

test('the offers of a muted producer are not told of', async () => {
  await service.call('stranger', 'PUT', `/vitrine/v1/mutes/${projects.producer}`);
  const listener = await stream('stranger');
  const { id } = await createImage(service);
  await share(service, id, 'stranger');
  await service.call('stranger', 'DELETE', `/vitrine/v1/mutes/${projects.producer}`);
  const { id: heard } = await createImage(service);

  await share(service, heard, 'stranger');
  const [first] = await take(listener, 1);
  listener.close();

  assert.equal(first?.data.subject, heard);
});

test('who comes too late is told that there is a gap; a stop ends streams at once', async () => {
  const own = await startTestService();
  for (let count = 0; count < 3; count += 1) {
    const { id } = await createImage(own);
    await share(own, id, 'consumer');
  }
  const database = await own.openDatabase();
  await database.transaction((db) => deleteOldEvents(db, new Date(Date.now() + 1000), 100));
  await database.close();

  const late = await openStream(own.url, own.tokens.consumer, '1');
  const [gap] = await take(late, 1);
  const begun = performance.now();
  await own[Symbol.asyncDispose]();
  await late.ended;

  assert.equal(gap?.type, 'vitrine.gap');
  assert.ok(performance.now() - begun < 3000);
});
