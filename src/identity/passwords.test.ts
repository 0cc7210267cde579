import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { test } from 'node:test';
import { scryptPasswords } from './passwords.ts';

const cheap = { logN: 4, r: 8, p: 1 };

test('a password is told from every other', async () => {
  const passwords = scryptPasswords(cheap);
  const stored = await passwords.hash('sesame');

  assert.equal(await passwords.verify('sesame', stored), true);
  for (const wrong of ['Sesame', 'sesame ', '', 'sesames']) {
    assert.equal(await passwords.verify(wrong, stored), false);
  }
});

test('one password is stored in two ways, neither of which shows it', async () => {
  const passwords = scryptPasswords(cheap);

  const [one, other] = [await passwords.hash('sesame'), await passwords.hash('sesame')];

  assert.notEqual(one, other);
  assert.doesNotMatch(one, /sesame/);
  assert.match(one, /^scrypt\$4\$8\$1\$/);
});

test('a password is the same however its accents were composed', async () => {
  const passwords = scryptPasswords(cheap);
  const stored = await passwords.hash('caf\u00e9');

  assert.equal(await passwords.verify('cafe\u0301', stored), true);
});

test('a hash of earlier costs is still understood', async () => {
  const stored = await scryptPasswords({ logN: 5, r: 4, p: 2 }).hash('sesame');

  assert.equal(await scryptPasswords(cheap).verify('sesame', stored), true);
});

test('nobody has a password, and finding that out costs as much as comparing one', async () => {
  const passwords = scryptPasswords({ logN: 12, r: 8, p: 1 });
  const stored = await passwords.hash('sesame');
  const fastest = { nobody: Number.POSITIVE_INFINITY, somebody: Number.POSITIVE_INFINITY };
  async function measure(name: 'nobody' | 'somebody', hash: string | undefined) {
    const start = performance.now();
    assert.equal(await passwords.verify('guess', hash), false);
    fastest[name] = Math.min(fastest[name], performance.now() - start);
  }

  for (let round = 0; round < 15; round += 1) {
    await measure('nobody', undefined);
    await measure('somebody', stored);
  }

  const ratio = fastest.nobody / fastest.somebody;
  assert.ok(ratio > 0.5 && ratio < 2, `the times differ by a factor of ${ratio}`);
});

test('a stored form that nobody knows is an error, not a wrong password', async () => {
  await assert.rejects(scryptPasswords(cheap).verify('sesame', 'md5$abc'), /not in a form/);
});
