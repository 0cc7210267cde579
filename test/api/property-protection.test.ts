import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { configOf } from '../support/config.ts';
import { createImage, patch, share } from '../support/images.ts';
import { sharedService } from '../support/service.ts';

const { propertyProtection } = configOf(`property_protection:
  rule_format: policies
  sections:
    - name: ^secret_
      create: role:admin
      read: role:admin
      update: role:admin
      delete: role:admin
    - name: ^internal_
      create: owner
      read: role:admin or owner
      update: owner
      delete: "!"
    - name: ^open_
      create: "@"
      read: "@"
      update: "@"
      delete: "@"
`);
const service = await sharedService({ config: { propertyProtection } });

/** Shared with the consumer; the secret is the admin's. */
async function protectedImage() {
  const image = await createImage(service, { internal_note: 'ours', open_note: 'all' });
  const secret = [{ op: 'add', path: '/secret_code', value: '42' }];
  await patch(service, image.id, secret, 'admin');
  await share(service, image.id, 'consumer', 'accepted');
  return image.id;
}

/** The names of the protected properties in a document. */
function namesIn(document: object): string[] {
  return Object.keys(document).filter((name) => /^(secret|internal|open)_/.test(name));
}

describe('a property that the caller may not read', () => {
  test('is in no answer: show, list, create and patch', async () => {
    const id = await protectedImage();
    const expected = {
      admin: ['internal_note', 'open_note', 'secret_code'],
      producer: ['internal_note', 'open_note'],
      consumer: ['open_note'],
    } as const;

    for (const [caller, names] of Object.entries(expected)) {
      const who = caller as keyof typeof expected;
      const shown = await service.call(who, 'GET', `/v2/images/${id}`);
      const listed = await service.call(who, 'GET', `/v2/images?id=${id}`);
      assert.deepEqual(namesIn(shown.json).toSorted(), names, caller);
      assert.deepEqual(namesIn(listed.json.images[0]).toSorted(), names, caller);
    }
    const patched = await patch(service, id, [{ op: 'add', path: '/name', value: 'n' }]);
    const untouched = await patch(service, id, [], 'consumer');
    assert.deepEqual(namesIn(patched.json), ['internal_note', 'open_note']);
    assert.deepEqual(namesIn(untouched.json), ['open_note']);
    const after = await service.call('admin', 'GET', `/v2/images/${id}`);
    assert.equal(after.json.secret_code, '42');
  });

  test('is not found out by narrowing a list', async () => {
    const id = await protectedImage();
    const listed = async (caller: 'admin' | 'producer' | 'consumer', query: string) => {
      const { json } = await service.call(caller, 'GET', `/v2/images?id=${id}&${query}`);
      return json.images.length;
    };

    assert.equal(await listed('admin', 'secret_code=42'), 1);
    assert.equal(await listed('producer', 'secret_code=42'), 0);
    assert.equal(await listed('consumer', 'internal_note=ours'), 0);
    assert.equal(await listed('consumer', 'open_note=all'), 1);
  });
});

describe('a property that the caller may not write', () => {
  test('is refused on create, and nothing is made', async () => {
    for (const name of ['secret_code', 'unmatched']) {
      const body = { name: `refused ${name}`, [name]: '1' };
      const answer = await service.call('producer', 'POST', '/v2/images', body);
      const list = await service.call('producer', 'GET', `/v2/images?name=refused%20${name}`);

      assert.equal(answer.status, 403);
      assert.match(answer.text, new RegExp(`${name}: you may not create this property`));
      assert.deepEqual(list.json.images, []);
    }
  });

  test('is refused before too many tags are', async () => {
    const tags = Array.from({ length: 129 }, (_, index) => String(index));

    const answer = await service.call('producer', 'POST', '/v2/images', { tags, secret_a: '1' });

    assert.equal(answer.status, 403);
  });

  test('is refused on patch, alike whether it is there or not, and nothing is saved', async () => {
    const id = await protectedImage();
    for (const name of ['secret_code', 'secret_none']) {
      for (const op of ['add', 'replace', 'remove']) {
        const operations = [
          { op: 'add', path: '/open_note', value: 'changed' },
          { op, path: `/${name}`, value: '1' },
        ];
        const answer = await patch(service, id, operations);
        assert.equal(answer.status, 403, `${op} ${name}`);
      }
    }
    const removed = await patch(service, id, [{ op: 'remove', path: '/internal_note' }], 'admin');

    assert.equal(removed.status, 403);
    const { json } = await service.call('admin', 'GET', `/v2/images/${id}`);
    assert.deepEqual([json.open_note, json.secret_code], ['all', '42']);
  });
});
