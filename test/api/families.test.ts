import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CallerName } from '../support/callers.ts';
import { createActiveImage, createImage, expectStatus, patch, share } from '../support/images.ts';
import { type Answer, sharedService } from '../support/service.ts';

const service = await sharedService();
const { projects } = service;

function call(by: CallerName, method: string, path: string, body?: unknown): Promise<Answer> {
  return service.call(by, method, `/vitrine/v1${path}`, body);
}

const family = (name: string, path = '') => `/families/${projects.producer}/${name}${path}`;

async function promoted(name: string, imageName = name): Promise<string> {
  const { id } = await createActiveImage(service, '12345', { name: imageName });
  const path = family(name, '/promotion');
  expectStatus(await call('producer', 'POST', path, { image_id: id }), 200);
  return id;
}

async function current(by: CallerName, name: string): Promise<string | undefined> {
  return (await call(by, 'GET', family(name, '/current'))).json?.image?.id;
}

/** What the Images API says of the project's own share; undefined for none. */
async function statusOf(imageId: string, by: 'consumer' | 'other'): Promise<string | undefined> {
  const path = `/v2/images/${imageId}/members/${projects[by]}`;
  const { status, json } = await service.call(by, 'GET', path);
  return status === 200 ? json.status : undefined;
}

describe('a family', () => {
  test('has one current image, which is promoted and rolled back', async () => {
    const first = await promoted('golden');
    const second = await promoted('golden');
    const after = await current('producer', 'golden');
    const shown = await call('producer', 'GET', family('golden'));
    const back = await call('producer', 'POST', family('golden', '/rollback'));
    const third = await promoted('golden');
    const again = await call('producer', 'POST', family('golden', '/rollback'));
    const furthest = await call('producer', 'POST', family('golden', '/rollback'));

    assert.equal(after, second);
    assert.deepEqual([shown.json.rolls_back_to, back.json.rolls_back_to], [1, null]);
    assert.deepEqual(
      back.json.versions.map((one: Answer['json']) => [one.number, one.image_id, one.is_current]),
      [
        [2, second, false],
        [1, first, true],
      ],
    );
    assert.equal(again.json.versions[0].image_id, third);
    assert.equal(await current('producer', 'golden'), first, 'not the one that was left');
    assert.equal(furthest.status, 404);
  });

  test('that is shared brings each new version to its members, as a plain offer', async () => {
    const first = await promoted('followed');
    const path = family('followed', `/members/${projects.consumer}`);
    expectStatus(await call('producer', 'PUT', path, { note: 'from the family' }), 200);
    const atFirst = await statusOf(first, 'consumer');
    const second = await promoted('followed');
    const inbox = await call('consumer', 'GET', '/inbox');
    const offer = inbox.json.offers.find((one: Answer['json']) => one.image.id === second);
    const seen = await call('consumer', 'GET', family('followed'));

    assert.deepEqual([atFirst, await statusOf(second, 'consumer')], ['pending', 'pending']);
    assert.equal(offer.note, 'from the family');
    assert.equal(await current('consumer', 'followed'), second);
    assert.equal(seen.json.members, undefined);
    assert.equal(seen.json.rolls_back_to, null);
    assert.deepEqual(
      seen.json.versions.map((one: Answer['json']) => one.image_id),
      [second, first],
    );
  });

  test('takes back what a project has by it alone, and nothing else', async () => {
    const first = await promoted('lent');
    await share(service, first, 'consumer');
    const path = family('lent', `/members/${projects.consumer}`);
    await call('producer', 'PUT', path, {});
    await call('producer', 'PUT', family('lent', `/members/${projects.other}`), {});
    const second = await promoted('lent');
    const third = await promoted('lent');
    // The owner says something of this one share: from then on it is the owner's own.
    expectStatus(await call('producer', 'PUT', `/shares/${third}/${projects.consumer}`, {}), 200);

    const left = await call('consumer', 'DELETE', path);
    const gone = await call('producer', 'DELETE', family('lent'));

    assert.equal(left.status, 204);
    assert.equal(gone.status, 204);
    const states = [first, second, third].map((id) =>
      Promise.all([statusOf(id, 'consumer'), statusOf(id, 'other')]),
    );
    assert.deepEqual(await Promise.all(states), [
      ['pending', undefined],
      [undefined, undefined],
      ['pending', undefined],
    ]);
    assert.equal((await service.call('producer', 'GET', `/v2/images/${third}`)).status, 200);
  });

  test('is accepted beforehand by a rule with its name', async () => {
    const rule = { producer: projects.producer, family: 'trusted' };
    const { json } = await call('consumer', 'POST', '/accept-rules', rule);
    await promoted('trusted');
    await call('producer', 'PUT', family('trusted', `/members/${projects.consumer}`), {});
    const next = await promoted('trusted');

    assert.equal(await statusOf(next, 'consumer'), 'accepted');
    await call('consumer', 'DELETE', `/accept-rules/${json.id}`);
  });

  test('says from when on an image is deprecated, and tells its members of all that happens', async () => {
    const since = (await call('consumer', 'GET', '/events?follow=false')).json.next;
    const old = await promoted('dated');
    await call('producer', 'PUT', family('dated', `/members/${projects.consumer}`), {});
    const next = await promoted('dated');
    const said = { deprecated_at: '2031-01-01T00:00:00.000Z', replacement_id: next };
    const path = family('dated', `/deprecations/${old}`);
    expectStatus(await call('producer', 'PUT', path, said), 200);
    await call('producer', 'POST', family('dated', '/rollback'));
    const told = await call('consumer', 'GET', `/events?follow=false&after=${since}`);
    const shown = await call('consumer', 'GET', family('dated', '/current'));
    const foreign = await createImage(service, {}, 'other');
    const wrong = await call('producer', 'PUT', path, { ...said, replacement_id: foreign.id });

    assert.partialDeepStrictEqual(shown.json, { ...said, image: { id: old } });
    assert.deepEqual(
      told.json.events
        .filter(({ type }: { type: string }) => type.startsWith('vitrine.family.'))
        .map(({ type, subject }: { type: string; subject: string }) => [type, subject]),
      [
        ['vitrine.family.promoted', next],
        ['vitrine.family.deprecated', old],
        ['vitrine.family.rolled_back', old],
      ],
    );
    assert.equal(wrong.status, 404);
  });

  test('is not there for who has nothing to do with it, and read only for its members', async () => {
    const id = await promoted('hidden');
    await call('producer', 'PUT', family('hidden', `/members/${projects.consumer}`), {});
    const by = async (caller: CallerName) => {
      const answers = await Promise.all([
        call(caller, 'GET', family('hidden')),
        call(caller, 'GET', family('hidden', '/current')),
        call(caller, 'POST', family('hidden', '/rollback')),
        call(caller, 'DELETE', family('hidden')),
        call(caller, 'DELETE', family('hidden', '/members/nobody')),
      ]);
      return answers.map(({ status }) => status);
    };

    assert.deepEqual(await by('other'), [404, 404, 404, 404, 404]);
    assert.deepEqual(await by('consumer'), [200, 200, 403, 403, 403]);
    const unknown = await call('other', 'GET', family('unknown'));
    const unseen = await call('other', 'GET', family('hidden'));
    assert.equal(unseen.text, unknown.text);
    assert.equal((await call('admin', 'GET', family('hidden', '/current'))).json.image.id, id);
  });

  test('keeps versions that were made private from its members, until they are shared again', async () => {
    const first = await promoted('veiled');
    await call('producer', 'PUT', family('veiled', `/members/${projects.consumer}`), {});
    const second = await promoted('veiled');
    const seen = async () =>
      (await call('consumer', 'GET', family('veiled'))).json.versions.map(
        (one: Answer['json']) => one.image_id,
      );
    const turn = (visibility: string) =>
      patch(service, second, [{ op: 'replace', path: '/visibility', value: visibility }]);
    const before = await seen();
    await turn('private');
    const meanwhile = await seen();
    await turn('shared');

    assert.deepEqual(before, [second, first]);
    assert.deepEqual(meanwhile, [first]);
    assert.deepEqual(await seen(), [second, first]);
  });

  test('takes images that can be used, and of its owner alone', async () => {
    const queued = await createImage(service);
    const foreign = await createImage(service, { visibility: 'community' }, 'other');
    const ask = (imageId: string) =>
      call('producer', 'POST', family('strict', '/promotion'), { image_id: imageId });
    const badName = await call('producer', 'POST', family('a%20b', '/promotion'), {
      image_id: 'x',
    });

    const answers = [await ask(queued.id), await ask(foreign.id), await ask('nothing'), badName];

    assert.deepEqual(
      answers.map(({ status }) => status),
      [409, 400, 404, 400],
    );
    assert.equal((await call('producer', 'GET', family('strict'))).status, 404, 'none was made');
    const hidden = await promoted('private');
    await call('producer', 'PUT', family('private', `/members/${projects.consumer}`), {});
    const { id } = await createActiveImage(service, '1', { visibility: 'private' });
    assert.equal(
      (await call('producer', 'POST', family('private', '/promotion'), { image_id: id })).status,
      403,
    );
    assert.equal(await current('producer', 'private'), hidden, 'all or nothing');
  });

  test('goes on without an image that was deleted', async () => {
    const first = await promoted('shrinking');
    const second = await promoted('shrinking');
    const third = await promoted('shrinking');
    for (const id of [second, third]) await service.call('producer', 'DELETE', `/v2/images/${id}`);

    assert.equal(await current('producer', 'shrinking'), undefined);
    await call('producer', 'POST', family('shrinking', '/rollback'));
    assert.equal(await current('producer', 'shrinking'), first);
  });
});

describe('a group', () => {
  const group = (name: string, path = '') => `/groups/${name}${path}`;

  test('gives every project in it every image in it, and takes away what was had by it alone', async () => {
    const [one, two] = [await createImage(service), await createImage(service)];
    await share(service, one.id, 'consumer');
    expectStatus(await call('producer', 'PUT', group('partners'), { note: 'to partners' }), 200);
    await call('producer', 'PUT', group('partners', `/images/${one.id}`));
    await call('producer', 'PUT', group('partners', '/members/consumer'));
    await call('producer', 'PUT', group('partners', `/members/${projects.other}`));
    const full = await call('producer', 'PUT', group('partners', `/images/${two.id}`));
    const states = async () => [
      await statusOf(one.id, 'consumer'),
      await statusOf(two.id, 'consumer'),
      await statusOf(one.id, 'other'),
      await statusOf(two.id, 'other'),
    ];

    assert.deepEqual(full.json.images, [one.id, two.id].toSorted());
    assert.deepEqual(full.json.members.map(({ name }: { name: string }) => name).toSorted(), [
      'consumer',
      'other',
    ]);
    assert.deepEqual(await states(), ['pending', 'pending', 'pending', 'pending']);
    const removed = await call('producer', 'DELETE', group('partners', '/members/consumer'));
    assert.equal(removed.status, 204);
    assert.deepEqual(await states(), ['pending', undefined, 'pending', 'pending']);
    await call('producer', 'DELETE', group('partners', `/images/${two.id}`));
    assert.deepEqual(await states(), ['pending', undefined, 'pending', undefined]);
    assert.equal((await call('producer', 'DELETE', group('partners'))).status, 204);
    assert.deepEqual(await states(), ['pending', undefined, undefined, undefined]);
  });

  test('leaves what a project has by another group or a family', async () => {
    const id = await promoted('both');
    await call('producer', 'PUT', family('both', `/members/${projects.other}`), {});
    for (const name of ['first', 'second']) {
      await call('producer', 'PUT', group(name), {});
      await call('producer', 'PUT', group(name, `/images/${id}`));
      await call('producer', 'PUT', group(name, `/members/${projects.other}`));
    }

    await call('producer', 'DELETE', group('first'));
    await call('producer', 'DELETE', family('both'));
    const kept = await statusOf(id, 'other');
    await call('producer', 'DELETE', group('second'));

    assert.equal(kept, 'pending');
    assert.equal(await statusOf(id, 'other'), undefined);
  });

  test('is its owner’s alone, and holds images that the owner may share', async () => {
    await call('producer', 'PUT', group('mine'), {});
    const foreign = await createImage(service, {}, 'other');
    const { id } = await createImage(service, { visibility: 'private' });
    const put = (imageId: string) => call('producer', 'PUT', group('mine', `/images/${imageId}`));

    const answers = [
      await call('consumer', 'GET', group('mine')),
      await call('consumer', 'DELETE', group('mine')),
      await put(foreign.id),
      await put(id),
      await call('producer', 'PUT', group('no%20name'), {}),
    ];

    assert.deepEqual(
      answers.map(({ status }) => status),
      [404, 404, 404, 403, 400],
    );
    // An image that is shared no more has no members, whoever joins.
    const shared = await createImage(service);
    await put(shared.id);
    await patch(service, shared.id, [{ op: 'replace', path: '/visibility', value: 'private' }]);
    expectStatus(await call('producer', 'PUT', group('mine', `/members/${projects.other}`)), 200);
  });
});

describe('who can read an image', () => {
  test('is told to its owner, with the rule by which it is so', async () => {
    const id = await promoted('read');
    await share(service, id, 'consumer', 'accepted');
    await call('producer', 'PUT', family('read', `/members/${projects.other}`), {});
    await call('producer', 'PUT', '/groups/readers', {});
    await call('producer', 'PUT', `/groups/readers/images/${id}`);
    await call('producer', 'PUT', `/groups/readers/members/${projects.other}`);

    const shared = await call('producer', 'GET', `/images/${id}/readers`);
    await patch(service, id, [{ op: 'replace', path: '/visibility', value: 'community' }]);
    const community = await call('producer', 'GET', `/images/${id}/readers`);
    const told = ({ json }: Answer) =>
      json.readers.map((one: Answer['json']) => [
        one.rule,
        one.project?.name,
        one.is_listed,
        one.by,
      ]);

    assert.deepEqual(told(shared), [
      ['owner', 'producer', true, []],
      ['admin', undefined, true, []],
      ['member', 'consumer', true, []],
      ['member', 'other', false, ['family read', 'group readers']],
    ]);
    assert.deepEqual(told(community), [
      ['owner', 'producer', true, []],
      ['admin', undefined, true, []],
      ['community', undefined, false, []],
    ]);
    assert.equal((await call('consumer', 'GET', `/images/${id}/readers`)).status, 403);
    assert.equal(shared.json.rule_changed, false);
  });
});

describe('withdrawing many', () => {
  const withdraw = (body: unknown) => call('producer', 'POST', '/shares/withdrawals', body);

  test('takes back what was asked for, now or with notice, and nothing of others', async () => {
    const [one, two] = [await createImage(service), await createImage(service)];
    const foreign = await createImage(service, {}, 'other');
    for (const { id } of [one, two, foreign]) await share(service, id, 'consumer');
    await share(service, one.id, 'other');
    const images = [one.id, two.id, foreign.id];
    const at = new Date(Date.now() + 3600_000).toISOString();

    const noticed = await withdraw({ images, members: ['consumer'], at, reason: 'it is old' });
    const again = await withdraw({ images, members: ['consumer'], at });
    const shares = await call('producer', 'GET', `/shares/${one.id}`);
    const now = await withdraw({ images: [one.id] });
    const states = [one, two, foreign].map(({ id }) => statusOf(id, 'consumer'));

    assert.deepEqual(noticed.json, { withdrawn: 2, more: false });
    assert.equal(again.json.withdrawn, 0);
    assert.deepEqual(
      shares.json.shares.map((one: Answer['json']) => [one.member.name, one.withdrawal]),
      [
        ['consumer', 'it is old'],
        ['other', null],
      ],
    );
    assert.equal(now.json.withdrawn, 2);
    assert.deepEqual(await Promise.all(states), [undefined, 'pending', 'pending']);
  });

  test('tells before who would be hit, and takes nothing back for that', async () => {
    const { id } = await createActiveImage(service, '12345');
    await share(service, id, 'consumer', 'accepted');
    await share(service, id, 'other');
    await service.call('consumer', 'GET', `/v2/images/${id}/file`);

    let all = await withdraw({ images: [id], dry_run: true });
    // A download is noted by and by.
    const isNoted = () =>
      all.json.shares.some((hit: Answer['json']) => hit.downloads.last_at !== null);
    for (const end = Date.now() + 10_000; !isNoted() && Date.now() < end; ) {
      all = await withdraw({ images: [id], dry_run: true });
    }
    const one = await withdraw({ images: [id], members: ['other'], dry_run: true });
    const foreign = await call('consumer', 'POST', '/shares/withdrawals', {
      images: [id],
      dry_run: true,
    });

    assert.equal(all.json.withdrawn, 0);
    assert.equal(all.json.more, false);
    const told = (answer: Answer) =>
      answer.json.shares
        .map((hit: Answer['json']) => [hit.member.name, hit.status, hit.downloads.count])
        .toSorted();
    assert.deepEqual(told(all), [
      ['consumer', 'accepted', 1],
      ['other', 'pending', 0],
    ]);
    assert.match(all.json.shares[0].image_id, /^[0-9a-f-]{36}$/);
    assert.deepEqual(told(one), [['other', 'pending', 0]]);
    assert.deepEqual(foreign.json.shares, []);
    assert.equal(await statusOf(id, 'consumer'), 'accepted');
  });

  test('is not begun by mistake', async () => {
    assert.equal((await withdraw({})).status, 400);
    assert.equal((await withdraw({ all: false })).status, 400);
    assert.equal((await withdraw({ all: true, at: '2020-01-01T00:00:00Z' })).status, 400);
  });
});
