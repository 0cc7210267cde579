import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiErrorOf } from './api-error.ts';

test('a refusal in JSON gives its text without the markup, its code and the request id', async () => {
  const body = {
    message: 'No image I.<br /><br />\n\n\n',
    code: '404 Not Found',
    title: 'Not Found',
  };
  const response = Response.json(body, {
    status: 404,
    headers: { 'x-openstack-request-id': 'req-1' },
  });

  const error = await apiErrorOf(response);

  assert.deepEqual(
    { message: error.message, status: error.status, code: error.code, requestId: error.requestId },
    { message: 'No image I.', status: 404, code: 'Not Found', requestId: 'req-1' },
  );
});

for (const text of ['<html>down</html>', '', 'null', '[]', '{"message":{"code":1}}']) {
  test(`a refusal that is ${text || 'empty'} is told by its status`, async () => {
    const response = new Response(text, { status: 502, statusText: 'Bad Gateway' });

    const error = await apiErrorOf(response);

    assert.equal(error.message, 'The service answered 502.');
    assert.equal(error.code, 'Bad Gateway');
    assert.equal(error.requestId, undefined);
  });
}
