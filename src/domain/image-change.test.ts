import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { callerOf, imageWith } from '../../test/support/domain.ts';
import { applyChanges, checkVisibility, type ImageChange } from './image-change.ts';
import { defaultPolicy } from './policy.ts';
import { noProtection } from './property-protection.ts';
import { imageStatuses } from './status.ts';

const owner = callerOf('owner', 'member');
const reader = callerOf('owner', 'reader');
const consumer = callerOf('consumer', 'member');
const admin = callerOf('elsewhere', 'admin');
const limits = { members: 128, properties: 2, tags: 2, imageSize: -1 };
const rules = { limits, policy: defaultPolicy, protection: noProtection };
const image = imageWith({ properties: new Map([['kept', 'as it is']]) });

function set(settings: Extract<ImageChange, { kind: 'set' }>['settings']): ImageChange {
  return { kind: 'set', settings };
}

function setProperty(
  name: string,
  value: string,
  before: 'any' | 'present' | 'absent' = 'any',
): ImageChange {
  return { kind: 'setProperty', name, value, before };
}

function apply(changes: readonly ImageChange[], caller = owner, to = image) {
  return applyChanges(to, changes, caller, rules);
}

test('no steps need no permission and change nothing', () => {
  assert.equal(apply([], consumer), image);
});

test('steps are applied in order, and the image that was given stays as it is', () => {
  const changed = apply([set({ name: 'first' }), set({ name: 'second' }), setProperty('a', '1')]);

  assert.equal(changed.name, 'second');
  assert.deepEqual([...changed.properties.keys()], ['kept', 'a']);
  assert.equal(image.name, null);
  assert.equal(image.properties.size, 1);
});

describe('who may change an image', () => {
  for (const [name, caller] of Object.entries({ reader, consumer })) {
    test(`a ${name} may not`, () => {
      assert.throws(() => apply([set({ name: 'x' })], caller), { code: 'NotPermitted' });
      assert.throws(() => apply([setProperty('a', '1')], caller), { code: 'NotPermitted' });
    });
  }

  test('the owner and an admin may', () => {
    assert.equal(apply([set({ name: 'x' })], owner).name, 'x');
    assert.equal(apply([set({ name: 'x' })], admin).name, 'x');
  });

  test('only an admin gives an image away', () => {
    assert.throws(() => apply([set({ owner: 'consumer' })]), {
      code: 'NotPermitted',
      message: /^owner: /,
    });
    assert.equal(apply([set({ owner: 'consumer' })], admin).owner, 'consumer');
  });

  test('an image without owner is changed by an admin alone', () => {
    const ownerless = imageWith({ owner: null });

    assert.throws(() => apply([set({ name: 'x' })], owner, ownerless), { code: 'NotPermitted' });
    assert.equal(apply([set({ name: 'x' })], admin, ownerless).name, 'x');
  });
});

describe('visibility', () => {
  for (const visibility of ['private', 'shared', 'community'] as const) {
    test(`the owner may make its image ${visibility}`, () => {
      assert.equal(apply([set({ visibility })]).visibility, visibility);
    });
  }

  test('only an admin makes an image public', () => {
    assert.throws(() => apply([set({ visibility: 'public' })]), {
      code: 'NotPermitted',
      message: /^visibility: you may not/,
    });
    assert.equal(apply([set({ visibility: 'public' })], admin).visibility, 'public');
  });

  test('only the owner, with role member, or an admin makes an image community', () => {
    const of = { owner: 'owner', visibility: 'shared' } as const;

    assert.throws(() => checkVisibility('community', of, consumer, defaultPolicy), {
      code: 'NotPermitted',
    });
    assert.throws(() => checkVisibility('community', of, reader, defaultPolicy), {
      code: 'NotPermitted',
    });
    assert.doesNotThrow(() => checkVisibility('community', of, owner, defaultPolicy));
    assert.doesNotThrow(() => checkVisibility('community', of, admin, defaultPolicy));
  });
});

describe('formats', () => {
  for (const status of imageStatuses) {
    const open = status === 'queued' || status === 'importing';
    test(`${open ? 'may' : 'may not'} change while the image is ${status}`, () => {
      const to = imageWith({ status });
      for (const settings of [{ diskFormat: 'raw' }, { containerFormat: 'bare' }]) {
        const change = () => apply([set(settings)], owner, to);

        if (open) assert.deepEqual(change(), { ...to, ...settings });
        else assert.throws(change, { code: 'NotPermitted', message: new RegExp(status) });
      }
    });
  }

  test('may not change any more once data is there that was looked at by them', () => {
    const locations = [{ url: 'file:///a', store: null }];
    const imported = imageWith({ status: 'importing', locations });

    assert.throws(() => apply([set({ diskFormat: 'raw' })], owner, imported), {
      code: 'NotPermitted',
    });
  });
});

describe('custom properties', () => {
  test('may be set over what is there, unless it had to be absent', () => {
    assert.equal(apply([setProperty('kept', 'new')]).properties.get('kept'), 'new');
    assert.throws(() => apply([setProperty('kept', 'new', 'absent')]), {
      code: 'PropertyConflict',
      message: /kept/,
    });
  });

  test('are replaced and removed only where they are', () => {
    assert.equal(apply([setProperty('kept', 'new', 'present')]).properties.get('kept'), 'new');
    assert.throws(() => apply([setProperty('a', '1', 'present')]), { code: 'PropertyConflict' });
    assert.equal(apply([{ kind: 'removeProperty', name: 'kept' }]).properties.size, 0);
    assert.throws(() => apply([{ kind: 'removeProperty', name: 'a' }]), {
      code: 'PropertyConflict',
    });
  });

  test('are limited in number, those of the service not counted', () => {
    const full = [setProperty('a', '1')];

    assert.equal(apply([...full, setProperty('a', '2')]).properties.size, 2);
    assert.equal(apply([...full, setProperty('os_glance_x', '')]).properties.size, 3);
    assert.throws(() => apply([...full, setProperty('b', '1')]), {
      code: 'QuotaExceeded',
      message: /custom properties.*2.*3/,
    });
  });

  test('over the limit may still be changed and removed', () => {
    const names = ['a', 'b', 'c', 'd'];
    const over = imageWith({ properties: new Map(names.map((name) => [name, ''])) });

    assert.equal(apply([setProperty('a', '1')], owner, over).properties.get('a'), '1');
    assert.equal(apply([{ kind: 'removeProperty', name: 'a' }], owner, over).properties.size, 3);
  });
});

test('more tags than allowed are refused', () => {
  assert.deepEqual(apply([set({ tags: ['a', 'b'] })]).tags, ['a', 'b']);
  assert.throws(() => apply([set({ tags: ['a', 'b', 'c'] })]), {
    code: 'QuotaExceeded',
    message: /tags/,
  });
});

test('what is never allowed is refused after who may change the image was asked', () => {
  const refusal = { kind: 'refuse', code: 'PropertyConflict', message: 'never' } as const;

  assert.throws(() => apply([refusal]), { code: 'PropertyConflict', message: 'never' });
  assert.throws(() => apply([refusal], consumer), { code: 'NotPermitted' });
});
