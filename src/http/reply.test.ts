import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastify from 'fastify';
import { sendJson } from './reply.ts';

for (const [length, size] of Object.entries({ short: 10, long: 100_000 })) {
  test(`a ${length} document is sent whole, as JSON without a charset`, async () => {
    const document = { text: 'ü'.repeat(size) };
    await using app = fastify();
    app.get('/', (_request, reply) => sendJson(reply, 201, document));

    const answer = await app.inject('/');

    assert.equal(answer.statusCode, 201);
    assert.equal(answer.headers['content-type'], 'application/json');
    assert.equal(answer.headers['content-length'], String(Buffer.byteLength(answer.body)));
    assert.deepEqual(answer.json(), document);
  });
}
