import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rawConnection } from '../support/raw-connection.ts';
import { sharedService } from '../support/service.ts';

test('a connection more than the limit is closed at once, and one that is free is given again', async () => {
  // The test service itself keeps one connection.
  const service = await sharedService({ config: { maxConnections: 3 } });
  const ask = 'GET /healthcheck HTTP/1.1\r\nHost: x\r\n\r\n';
  await using second = await rawConnection(service.port);
  second.write(ask);
  await second.until(/OK$/);

  {
    await using third = await rawConnection(service.port);
    third.write(ask);
    await third.until(/OK$/);
    await using fourth = await rawConnection(service.port);
    assert.equal(await fourth.closed(), '');
  }
  let answer = '';
  while (!answer.endsWith('OK')) {
    // The service learns only a moment later that the third is gone.
    await using another = await rawConnection(service.port);
    another.write(ask);
    answer = await another.until(/OK$/);
  }

  assert.match(answer, /^HTTP\/1.1 200 /);
});

test('the size of a head is what the operator says', async () => {
  const service = await sharedService({ config: { maxHeaderSize: 8192 } });
  const statusOf = async (length: number) =>
    (
      await service.call('nobody', 'GET', '/healthcheck', undefined, {
        'x-long': 'x'.repeat(length),
      })
    ).status;

  const statuses = [await statusOf(7000), await statusOf(9000)];

  assert.deepEqual(statuses, [200, 431]);
});

test('the size of a JSON body and the number of requests are what the operator says', async () => {
  const service = await sharedService({ config: { maxJsonBodySize: 20_000, maxRequests: 2 } });
  const create = (length: number) =>
    service.call('producer', 'POST', '/v2/images', { note: 'x'.repeat(length) });

  const [fitting, larger] = [await create(19_000), await create(21_000)];

  assert.deepEqual([fitting.status, larger.status], [201, 413]);

  // While two requests wait for the rest of their bodies, a third is told to come back.
  const begin = async () => {
    const connection = await rawConnection(service.port);
    connection.write(
      `POST /v2/images HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${service.tokens.producer}\r\n` +
        'Expect: 100-continue\r\nContent-Length: 100\r\n\r\n',
    );
    await connection.until(/100 Continue/);
    return connection;
  };
  const beginData = async (data?: string) => {
    const headers = {
      'tus-resumable': '1.0.0',
      'content-type': 'application/offset+octet-stream',
      'upload-length': '4',
    };
    return (await service.call('producer', 'POST', '/vitrine/v1/uploads', data, headers)).status;
  };
  const list = () => service.call('producer', 'GET', '/v2/images');
  {
    await using _first = await begin();
    await using _second = await begin();
    const refused = await list();
    assert.equal(refused.status, 503);
    assert.equal(refused.headers['retry-after'], '1');
    assert.match(refused.text, /The service is at 2 requests already\. Try again in 1 s\./);
    // A call that could bring data, and brings none, is one more of them; one that does has a limit of its own.
    assert.deepEqual([await beginData(), await beginData('data')], [503, 400]);
    assert.equal((await service.call('nobody', 'GET', '/healthcheck')).status, 200);
  }
  let { status } = await list();
  // The service learns only a moment later that they are gone.
  while (status === 503) ({ status } = await list());
  assert.equal(status, 200);
});
