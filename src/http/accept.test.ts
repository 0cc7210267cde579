import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { prefersPage, wishesIn, wishForEncoding } from './accept.ts';

describe('a page is wanted', () => {
  const browsers = {
    Chromium:
      'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7',
    Firefox: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    Safari: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    Lynx: 'text/html, text/plain, text/sgml, text/css, application/xhtml+xml, */*;q=0.01',
  };
  for (const [name, accept] of Object.entries(browsers)) {
    test(`by ${name}`, () => assert.equal(prefersPage(accept), true));
  }
});

describe('JSON is wanted', () => {
  const programs = {
    'openstackclient and keystoneauth': 'application/json',
    'glanceclient, curl and Python': '*/*',
    'one that says nothing': undefined,
    'one that takes both alike': 'text/html, application/json',
    'one that takes anything as well as a page': 'text/html, image/gif, */*',
    'one that wants no page': 'text/html;q=0, */*;q=0',
    'one of old Java': 'text/html, image/gif, image/jpeg, *; q=.2, application/json',
    'one that writes nonsense': 'text/html;q=yes',
  };
  for (const [name, accept] of Object.entries(programs)) {
    test(`by ${name}`, () => assert.equal(prefersPage(accept), false));
  }
});

test('an encoding is wanted as its own name says, else as anything is', () => {
  const wishes = wishesIn('gzip;q=0.5, br;q=0, *;q=0.1');

  const seen = ['gzip', 'br', 'zstd'].map((name) => wishForEncoding(wishes, name));

  assert.deepEqual(seen, [0.5, 0, 0.1]);
  assert.equal(wishForEncoding(wishesIn(undefined), 'gzip'), 0);
});
