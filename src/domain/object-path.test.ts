import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkContainer, isObjectPath, objectPath } from './object-path.ts';

test('what has no scheme is an object, with whatever its name has', () => {
  assert.deepEqual(objectPath('images/a/b c.vhd', 'from'), {
    container: 'images',
    name: 'a/b c.vhd',
  });
  assert.equal(isObjectPath('images/http://x'), true);
  for (const url of ['http://x/y', 'file:///etc/passwd', 'HTTPS://x', 'swift+http://x/y']) {
    assert.equal(isObjectPath(url), false, url);
  }
});

test('what would lead out of the container is no object', () => {
  for (const from of [
    'images',
    '/images/x',
    'images/',
    '',
    'images/../x',
    '../images/x',
    'a/.',
    `images/\ud800`,
    `${'a'.repeat(257)}/x`,
    `images/${'ü'.repeat(513)}`,
  ]) {
    assert.throws(() => objectPath(from, 'from'), /from: a URL, or/, from);
  }
});

test('an image is sent to containers with plain names', () => {
  checkContainer('exports-1', 'to');
  for (const name of ['', 'a/b', 'a?b', 'a.b', '..', 'a'.repeat(257)]) {
    assert.throws(() => checkContainer(name, 'to'), /to: the name of a container/, name);
  }
});
