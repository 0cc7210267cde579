import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createImage } from '../support/images.ts';
import { rawConnection } from '../support/raw-connection.ts';
import { sharedService } from '../support/service.ts';

const service = await sharedService();
const { id } = await createImage(service);
const token = `X-Auth-Token: ${service.tokens.producer}`;

/** The request that an attacker hopes to slip past a proxy: it takes the image away. */
const smuggled = `DELETE /v2/images/${id} HTTP/1.1\r\nHost: x\r\n${token}\r\n\r\n`;

function head(...fields: readonly string[]): string {
  return `${['POST /v2/images HTTP/1.1', 'Host: x', token, ...fields].join('\r\n')}\r\n\r\n`;
}

/**
 * Ways to make a proxy and the service disagree on where a request ends (RFC 9112, sections 6.3 and 11.2). Each
 * must be refused, and the connection with it, before what follows is taken for a request.
 */
const framings: Readonly<Record<string, string>> = {
  'a length beside chunks': `${head('Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
  'chunks beside a length': `${head('Transfer-Encoding: chunked', 'Content-Length: 5')}0\r\n\r\n`,
  'two lengths': `${head('Content-Length: 2', 'Content-Length: 3')}{}`,
  'a list of lengths': `${head('Content-Length: 2, 3')}{}`,
  'a length with a sign': `${head('Content-Length: +2')}{}`,
  'a length in hex': `${head('Content-Length: 0x2')}{}`,
  'a length with a blank in it': `${head('Content-Length: 2 0')}{}`,
  'an unknown transfer coding': `${head('Transfer-Encoding: xchunked')}0\r\n\r\n`,
  'chunked as not the last coding': `${head('Transfer-Encoding: chunked, identity')}0\r\n\r\n`,
  'a blank before the colon': `${head('Transfer-Encoding : chunked')}0\r\n\r\n`,
  'a folded field': `${head('X: a', ' Transfer-Encoding: chunked')}0\r\n\r\n`,
  'a line that ends in LF alone': `${head('X: a\nTransfer-Encoding: chunked')}0\r\n\r\n`,
  'a CR inside a field': `${head('X: a\rTransfer-Encoding: chunked')}0\r\n\r\n`,
  'a chunk size that is no number': `${head('Transfer-Encoding: chunked')}zz\r\n\r\n`,
  'a chunk size beyond all numbers': `${head('Transfer-Encoding: chunked')}fffffffffffffffff\r\n\r\n`,
  'a chunk longer than it says': `${head('Transfer-Encoding: chunked')}1\r\n{}\r\n0\r\n\r\n`,
  'a chunk size with LF alone': `${head('Transfer-Encoding: chunked')}2\n{}\r\n0\r\n\r\n`,
};

describe('a request whose end can be read two ways', () => {
  for (const [what, bytes] of Object.entries(framings)) {
    test(`${what}: is refused with all that follows it`, async () => {
      await using connection = await rawConnection(service.port);

      connection.write(bytes + smuggled);
      const said = await connection.closed();

      assert.match(said, /^HTTP\/1\.1 4\d\d /);
      assert.equal(said.match(/^HTTP\/1\.1 /gm)?.length, 1, said);
      assert.equal((await service.call('producer', 'GET', `/v2/images/${id}`)).status, 200);
    });
  }

  test('the same request alone would have taken the image away', async () => {
    await using connection = await rawConnection(service.port);

    connection.write(smuggled);

    assert.match(await connection.until(/\r\n\r\n/), /^HTTP\/1\.1 204 /);
  });
});

describe('text of a request in the head of an answer', () => {
  const breaks = [
    '%0d%0aSet-Cookie:%20a=b',
    '%0aX-Injected:%20yes',
    '%E5%98%8A%E5%98%8DX-Injected:',
  ];

  for (const text of breaks) {
    test(`${text} adds no field`, async () => {
      await using connection = await rawConnection(service.port);

      connection.write(
        `GET /v2/images?name=${text}&limit=1 HTTP/1.1\r\nHost: x\r\n${token}\r\n\r\n` +
          `GET /v2/images/${text} HTTP/1.1\r\nHost: x\r\n${token}\r\n\r\n` +
          `GET /v2/${text} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${token}\r\n\r\n`,
      );
      const answers = (await connection.closed()).split(/(?=HTTP\/1\.1 \d)/);

      assert.equal(answers.length, 3);
      for (const answer of answers) {
        const [head = ''] = answer.split('\r\n\r\n', 1);
        assert.doesNotMatch(head, /^\s*(set-cookie|x-injected)/im);
      }
    });
  }

  test('a request id or host of the client adds none either', async () => {
    const { headers } = await service.call('producer', 'GET', '/v2/images', undefined, {
      'x-openstack-request-id': 'req-\u00e5\u00e4',
      host: 'evil.example"><script>',
    });

    assert.doesNotMatch(JSON.stringify(headers), /script|\u00e5/);
  });
});
