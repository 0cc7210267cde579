import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { CallerName } from '../support/callers.ts';
import { runCommand } from '../support/command.ts';
import { createActiveImage, createImage, expectStatus, patch, share } from '../support/images.ts';
import { type Answer, sharedService } from '../support/service.ts';

const service = await sharedService();
const { projects } = service;
const document = (await service.call('consumer', 'GET', '/vitrine/v1/openapi.json')).json;

/** The same call, whose answer must be what the document says of it. */
async function call(by: CallerName, method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await service.call(by, method, path, body);
  if (answer.status !== 200) return answer;
  const [asked = ''] = path.split('?');
  const entry = Object.entries(document.paths).find(([known]) =>
    new RegExp(`^${known.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(asked),
  );
  // biome-ignore lint/suspicious/noExplicitAny: the document is read as it came.
  const operation = (entry?.[1] as any)?.[method.toLowerCase()];
  const schema: TSchema = operation.responses[200].content['application/json'].schema;
  assert.deepEqual(Compile(schema).Errors(answer.json), []);
  return answer;
}

async function offer(imageId: string, terms: object = {}): Promise<Answer> {
  const path = `/vitrine/v1/shares/${imageId}/${projects.consumer}`;
  return expectStatus(await call('producer', 'PUT', path, terms), 200);
}

async function inbox(state = 'pending', by: CallerName = 'consumer') {
  const answer = await call(by, 'GET', `/vitrine/v1/inbox?state=${state}&limit=500`);
  return expectStatus(answer, 200).json.offers;
}

async function stateOf(imageId: string): Promise<string | undefined> {
  const offers = await inbox('all');
  return offers.find((one: { image: { id: string } }) => one.image.id === imageId)?.state;
}

const answers = (images: readonly string[], answer: string, rest = {}) =>
  call('consumer', 'POST', '/vitrine/v1/inbox/answers', { images, answer, ...rest });

describe('an offer', () => {
  test('reaches the inbox with its image, its producer’s name and its note', async () => {
    const { id } = await createActiveImage(service, '12345', { name: 'golden' });

    const made = await offer(id, { note: 'For your\ntests.' });
    const [first] = await inbox();

    assert.partialDeepStrictEqual(made.json, {
      image_id: id,
      member: { id: projects.consumer, name: 'consumer' },
      status: 'pending',
      note: 'For your\ntests.',
      expires_at: null,
    });
    assert.partialDeepStrictEqual(first, {
      image: { id, name: 'golden', size: 5, disk_format: 'raw', status: 'active' },
      producer: { id: projects.producer, name: 'producer' },
      state: 'pending',
      note: 'For your\ntests.',
      offered_at: made.json.offered_at,
      answered_at: null,
    });
  });

  test('that was made by the plain API is there too, without a note; its member is as ever', async () => {
    const { id } = await createImage(service);
    await share(service, id, 'consumer');

    const [first] = await inbox();
    const { json } = await service.call(
      'consumer',
      'GET',
      `/v2/images/${id}/members/${projects.consumer}`,
    );

    assert.partialDeepStrictEqual(first, { image: { id }, note: null });
    assert.deepEqual(Object.keys(json).toSorted(), [
      ...['created_at', 'image_id', 'member_id', 'schema', 'status', 'updated_at'],
    ]);
  });

  test('can be made to a project by its name, and said otherwise later', async () => {
    const { id } = await createImage(service);
    const path = `/vitrine/v1/shares/${id}/consumer`;

    const made = await call('producer', 'PUT', path, { note: 'first' });
    const changed = await call('producer', 'PUT', path, { note: 'second' });
    const shown = await call('consumer', 'GET', path);
    const listed = await call('producer', 'GET', `/vitrine/v1/shares/${id}`);

    assert.equal(made.headers['x-vitrine-member'], 'found-by-name');
    assert.equal(changed.json.note, 'second');
    assert.equal(changed.json.offered_at, made.json.offered_at);
    assert.deepEqual(shown.json, changed.json);
    const downloads = { count: 0, bytes: 0, last_at: null };
    assert.deepEqual(listed.json.shares, [{ ...changed.json, downloads }]);
  });

  test('of an image that is not shared for a while is not there for that while', async () => {
    const { id } = await createImage(service);
    await share(service, id, 'consumer');

    await patch(service, id, [{ op: 'replace', path: '/visibility', value: 'private' }]);
    const meanwhile = await stateOf(id);
    await patch(service, id, [{ op: 'replace', path: '/visibility', value: 'shared' }]);

    assert.equal(meanwhile, undefined);
    assert.equal(await stateOf(id), 'pending');
  });

  const refused: readonly (readonly [object, RegExp])[] = [
    [{ note: 'x'.repeat(1001) }, /^note: /],
    [{ note: 'bell\u0007' }, /^note: /],
    [{ note: 5 }, /^note: /],
    [{ remark: 'x' }, /^remark: is not known here/],
    [{ expires_at: 'tomorrow' }, /^expires_at: /],
    [{ expires_at: '2001-01-01T00:00:00Z' }, /^expires_at: a time in the future/],
  ];
  for (const [body, message] of refused) {
    test(`is refused with ${JSON.stringify(body).slice(0, 40)}`, async () => {
      const { id } = await createImage(service);

      const answer = await service.call(
        'producer',
        'PUT',
        `/vitrine/v1/shares/${id}/${projects.consumer}`,
        body,
        { accept: 'application/json' },
      );

      assert.equal(answer.status, 400);
      assert.match(answer.json.message, message);
    });
  }
});

describe('answers', () => {
  test('move an offer from state to state, as the plain API sees it too', async () => {
    const { id } = await createImage(service);
    await offer(id);
    const member = `/v2/images/${id}/members/${projects.consumer}`;
    const seen: unknown[] = [];

    for (const answer of ['accepted', 'set_aside', 'rejected', 'set_aside', 'pending']) {
      await answers([id], answer);
      const plain = await service.call('consumer', 'GET', member);
      seen.push([await stateOf(id), plain.json.status]);
    }
    await answers([id], 'set_aside');
    await service.call('consumer', 'PUT', member, { status: 'pending' });

    assert.deepEqual(seen, [
      ['accepted', 'accepted'],
      ['set_aside', 'pending'],
      ['rejected', 'rejected'],
      ['set_aside', 'pending'],
      ['pending', 'pending'],
    ]);
    assert.equal(await stateOf(id), 'pending');
  });

  test('many at once tell of each what came of it, or undo all', async () => {
    const ids = [];
    for (let count = 0; count < 3; count += 1) {
      const { id } = await createImage(service);
      await offer(id);
      ids.push(id);
    }
    const { id: foreign } = await createImage(service);

    const undone = await answers([...ids, foreign], 'accepted', { all_or_nothing: true });
    const before = await Promise.all(ids.map(stateOf));
    const each = await answers([...ids, foreign], 'accepted');

    assert.equal(undone.status, 404);
    assert.deepEqual(before, ['pending', 'pending', 'pending']);
    const results = new Map(
      each.json.results.map((one: { image_id: string }) => [one.image_id, one]),
    );
    for (const id of ids) {
      assert.deepEqual(results.get(id), { image_id: id, state: 'accepted', error: null });
    }
    assert.partialDeepStrictEqual(results.get(foreign), {
      state: null,
      error: `No image found with ID ${foreign}`,
    });
  });

  test('can be that the consumer leaves: it is a member no more, and may be asked anew', async () => {
    const { id } = await createImage(service);
    await offer(id, { note: 'please' });

    const left = await call('consumer', 'DELETE', `/vitrine/v1/inbox/${id}`);
    const shown = await service.call('consumer', 'GET', `/v2/images/${id}`);
    const again = await call('consumer', 'DELETE', `/vitrine/v1/inbox/${id}`);
    await offer(id);

    assert.deepEqual([left.status, shown.status, again.status], [204, 404, 404]);
    assert.equal(await stateOf(id), 'pending');
  });
});

test('many images are shared with many projects at once, all or nothing or each as it can be', async () => {
  const [first, second] = [await createImage(service), await createImage(service)];
  const { id: foreign } = await createImage(service, {}, 'other');
  const images = [first.id, second.id, foreign];
  const members = ['consumer', projects.stranger];
  const path = '/vitrine/v1/shares';

  const undone = await call('producer', 'POST', path, { images, members, all_or_nothing: true });
  const before = await service.call('producer', 'GET', `/v2/images/${first.id}/members`);
  const each = await call('producer', 'POST', path, { images, members, note: 'all of them' });
  const tooMany = await call('producer', 'POST', path, {
    images: Array.from({ length: 100 }, (_, index) => `${index}`),
    members: ['a', 'b', 'c', 'd', 'e', 'f'],
  });

  assert.equal(undone.status, 404);
  assert.deepEqual(before.json.members, []);
  const made = each.json.results.filter((one: { status: string }) => one.status === 'pending');
  assert.equal(made.length, 4);
  assert.deepEqual(
    each.json.results
      .filter((one: { image_id: string }) => one.image_id === foreign)
      .map((one: { error: string }) => one.error),
    [`No image found with ID ${foreign}`, `No image found with ID ${foreign}`],
  );
  assert.partialDeepStrictEqual((await inbox())[0], { note: 'all of them' });
  assert.equal(tooMany.status, 400);
});

test('pages lead through an inbox, the newest first, whatever is offered meanwhile', async () => {
  const ids: string[] = [];
  for (let count = 0; count < 5; count += 1) {
    const { id } = await createImage(service);
    await service.call('producer', 'PUT', `/vitrine/v1/shares/${id}/${projects.other}`, {});
    ids.unshift(id);
  }
  const found: string[] = [];
  let marker = '';

  do {
    const query = `limit=2${marker && `&marker=${marker}`}`;
    const { json } = await call('other', 'GET', `/vitrine/v1/inbox?${query}`);
    found.push(...json.offers.map((one: { image: { id: string } }) => one.image.id));
    marker = json.next ?? '';
    const { id } = await createImage(service);
    await share(service, id, 'other');
  } while (marker !== '');
  const foreign = await call('consumer', 'GET', '/vitrine/v1/inbox?marker=12');

  assert.deepEqual(found, ids);
  assert.equal(foreign.status, 400);
});

test('a muted producer’s offers are not shown, and open all the same', async () => {
  const { id } = await createImage(service);
  await offer(id);
  const path = `/vitrine/v1/mutes/${projects.producer}`;

  const muted = await call('consumer', 'PUT', path);
  const hidden = await inbox('all');
  const listed = await call('consumer', 'GET', '/vitrine/v1/mutes');
  const shown = await service.call('consumer', 'GET', `/v2/images/${id}`);
  const heard = await call('consumer', 'DELETE', path);

  assert.deepEqual([muted.status, heard.status, shown.status], [204, 204, 200]);
  assert.deepEqual(hidden, []);
  assert.deepEqual(
    listed.json.mutes.map((one: { producer: unknown }) => one.producer),
    [{ id: projects.producer, name: 'producer' }],
  );
  assert.equal(await stateOf(id), 'pending');
});

test('a share that ends is a 404 from that moment on, for every call', async () => {
  const { id } = await createActiveImage(service);
  await offer(id, { expires_at: new Date(Date.now() + 150).toISOString() });
  await answers([id], 'accepted');
  const member = `/v2/images/${id}/members/${projects.consumer}`;
  const reads = ['', '/file', '/members', `/members/${projects.consumer}`];
  const look = () =>
    Promise.all(reads.map((rest) => service.call('consumer', 'GET', `/v2/images/${id}${rest}`)));

  const before = await look();
  while ((await service.call('consumer', 'GET', `/v2/images/${id}`)).status === 200);
  const after = await look();
  const list = await service.call('consumer', 'GET', '/v2/images?member_status=all');
  const members = await service.call('producer', 'GET', `/v2/images/${id}/members`);
  const removed = await service.call('producer', 'DELETE', member);
  const anew = await service.call('producer', 'POST', `/v2/images/${id}/members`, {
    member: projects.consumer,
  });

  assert.deepEqual(
    before.map(({ status }) => status),
    [200, 200, 200, 200],
  );
  assert.deepEqual(
    after.map(({ status }) => status),
    [404, 404, 404, 404],
  );
  assert.doesNotMatch(list.text, new RegExp(id));
  assert.deepEqual(members.json.members, []);
  assert.equal(removed.status, 404);
  assert.equal(anew.status, 200);
  assert.equal(await stateOf(id), 'pending');
});

test('people do all of it by a few commands', async () => {
  const { id } = await createActiveImage(service, 'data', { name: 'by-command' });
  const env = { OS_CLIENT_CONFIG_FILE: join(service.folder, 'clouds.yaml') };
  const run = (cloud: string, ...line: string[]) =>
    runCommand([...line, '--os-cloud', `vitrine-${cloud}`], { env });

  const set = await run(
    'producer',
    'share',
    'set',
    id,
    'consumer',
    '--note',
    'try it',
    '--until',
    '30d',
  );
  const list = await run('consumer', 'inbox');
  const accept = await run('consumer', 'inbox', 'accept', 'by-command');
  const shares = await run('producer', 'share', 'list', 'by-command', '--json');
  const leave = await run('consumer', 'inbox', 'leave', id);
  const unknown = await run('consumer', 'inbox', 'accept', id);

  assert.match(set.out, /^note +try it$/m, set.err);
  assert.match(list.out, new RegExp(`${id} +by-command +producer +4 +raw +pending .*try it`));
  assert.match(accept.out, new RegExp(`${id} +accepted`), accept.err);
  assert.partialDeepStrictEqual(JSON.parse(shares.out), [
    { project: 'consumer', status: 'accepted', note: 'try it' },
  ]);
  assert.equal(leave.code, 0, leave.err);
  assert.deepEqual([unknown.code, unknown.err], [1, '1 of 1 could not be answered.\n']);
});
