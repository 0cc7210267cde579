import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createImage, share } from '../support/images.ts';
import { type Headers, sharedService } from '../support/service.ts';

const service = await sharedService();
const id = '00000000-0000-0000-0000-000000000000';
const path = `/v2/images/${id}`;

const html = {
  type: 'text/html; charset=UTF-8',
  text: `<html>
 <head>
  <title>404 Not Found</title>
 </head>
 <body>
  <h1>404 Not Found</h1>
  No image found with ID ${id}<br /><br />



 </body>
</html>`,
};
const json = {
  type: 'application/json',
  text: `{"message":"No image found with ID ${id}<br /><br />\\n\\n\\n","code":"404 Not Found","title":"Not Found"}`,
};
const plain = {
  type: 'text/plain; charset=UTF-8',
  text: `404 Not Found\n\nNo image found with ID ${id}\n\n   `,
};

describe('the form of an error', () => {
  const forms: readonly (readonly [accept: string, form: typeof html])[] = [
    ['*/*', html],
    ['text/html', html],
    ['text/*', html],
    ['TEXT/HTML', html],
    ['text/html, application/json', html],
    ['application/json, text/html', html],
    ['application/json, */*', html],
    ['text/html, application/json;q=0.5', html],
    ['application/json', json],
    ['application/*', json],
    ['application/json; charset=utf-8', json],
    ['text/html;q=0.5, application/json', json],
    ['text/html;q=0, */*', json],
    ['application/json, */*;q=0.1', json],
    ['', plain],
    ['image/png', plain],
    ['text/plain', plain],
    ['text/html;q=0', plain],
    ['nonsense', plain],
    ['text/html;q=nonsense', plain],
  ];
  for (const [accept, form] of forms) {
    test(`for Accept "${accept}" is ${form.type}`, async () => {
      const answer = await service.call('producer', 'GET', path, undefined, { accept });

      assert.equal(answer.status, 404);
      assert.equal(answer.headers['content-type'], form.type);
      assert.equal(answer.text, form.text);
      assert.equal(answer.headers['content-length'], String(form.text.length));
    });
  }

  test('keeps hostile text from being read as HTML', async () => {
    const bad = { accept: '*/*' };
    const member = '<script>alert("1")</script>';

    const place = `${at}/members/${encodeURIComponent(member)}`;
    const answer = await service.call('producer', 'GET', place, undefined, bad);
    const other = await service.call('producer', 'GET', place, undefined, {
      accept: 'application/json',
    });

    assert.ok(!answer.text.includes('<script>'));
    assert.ok(answer.text.includes('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;'));
    assert.ok(other.json.message.includes(member));
  });
});

const image = await createImage(service, { protected: true });
await share(service, image.id, 'consumer');
const at = `/v2/images/${image.id}`;

describe('each refusal', () => {
  const member = { member: service.projects.consumer };

  type Refusal = readonly [
    status: number,
    title: string,
    call: readonly [method: string, path: string, body?: unknown, headers?: Headers],
  ];
  const refusals: readonly Refusal[] = [
    [400, 'Bad Request', ['POST', '/v2/images', '{bad']],
    [403, 'Forbidden', ['DELETE', at]],
    [404, 'Not Found', ['GET', '/v2/nonsense']],
    [405, 'Method Not Allowed', ['POST', at]],
    [409, 'Conflict', ['POST', `${at}/members`, member]],
    [
      413,
      'Request Entity Too Large',
      ['POST', '/v2/images', { tags: Array.from({ length: 129 }, (_, index) => `t${index}`) }],
    ],
    [415, 'Unsupported Media Type', ['PATCH', at, []]],
    [
      431,
      'Request Header Fields Too Large',
      ['GET', at, undefined, { 'x-openstack-request-id': 'x'.repeat(65) }],
    ],
  ];
  for (const [status, title, [method, where, body, headers]] of refusals) {
    test(`${status} has its line, its title and a text`, async () => {
      const answer = await service.call('producer', method, where, body, {
        ...headers,
        accept: 'application/json',
      });

      assert.equal(answer.status, status);
      assert.equal(answer.json.code, `${status} ${answer.json.title}`);
      assert.equal(answer.json.title, title);
      assert.match(answer.json.message, /^\S.+[^ ]<br \/><br \/>\n\n\n$/);
    });
  }

  test('401 tells where tokens are to be had, and has no request id', async () => {
    const answer = await service.call('nobody', 'GET', at);

    assert.equal(answer.status, 401);
    assert.equal(answer.headers['www-authenticate'], `Keystone uri="${service.url}/identity"`);
    assert.equal(answer.headers['x-openstack-request-id'], undefined);
  });
});

describe('a request id', () => {
  const named = (name: string | undefined, where = '/v2/images') =>
    service.call('producer', 'GET', where, undefined, {
      ...(name !== undefined && { 'x-openstack-request-id': name }),
    });

  test('is new for each request, on errors too', async () => {
    const one = (await named(undefined)).headers['x-openstack-request-id'];
    const other = (await named(undefined, path)).headers['x-openstack-request-id'];

    for (const given of [one, other]) assert.match(String(given), /^req-[0-9a-f-]{36}$/);
    assert.notEqual(one, other);
  });

  test("is the caller's own, with its prefix", async () => {
    assert.equal((await named('mine')).headers['x-openstack-request-id'], 'req-mine');
    assert.equal((await named('req-mine')).headers['x-openstack-request-id'], 'req-mine');
  });

  test('has at most 64 characters', async () => {
    const longest = 'x'.repeat(64);

    assert.equal((await named(longest)).status, 200);
    assert.equal((await named(`${longest}x`)).status, 431);
  });

  test('that no log should hold is replaced', async () => {
    for (const name of ['with blank', 'tab\tbed', '\u00ff']) {
      const given = String((await named(name)).headers['x-openstack-request-id']);
      assert.match(given, /^req-[0-9a-f-]{36}$/);
    }
  });
});
