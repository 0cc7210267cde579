import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { runCommand } from '../support/command.ts';
import { sharedService } from '../support/service.ts';
import { emptyFolder } from '../support/service-process.ts';

const service = await sharedService();

/** A way to the service on which the answer to whatever `isLost` says gets lost. */
async function lossyWay(isLost: (method: string, path: string) => boolean) {
  const server = createServer((incoming, outgoing) => {
    const { method = '', url = '', headers } = incoming;
    const onward = request({ port: service.port, method, path: url, headers }, (answer) => {
      if (isLost(method, url)) {
        outgoing.destroy();
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
      void pipeline(answer, outgoing).catch(() => undefined);
    });
    void pipeline(incoming, onward).catch(() => undefined);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert(typeof address === 'object' && address);
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Runs `vitrine image upload`, again and again by the same words. */
async function uploader(url: string) {
  const place = await emptyFolder();
  const file = join(place.path, 'disk.raw');
  await writeFile(file, 'the data of a disk');
  const clouds = await readFile(join(service.folder, 'clouds.yaml'), 'utf8');
  const config = join(place.path, 'clouds.yaml');
  await writeFile(config, clouds.replaceAll(/http:\/\/[^/]*/g, url));
  const env = { XDG_STATE_HOME: place.path, OS_CLIENT_CONFIG_FILE: config };
  return {
    upload: () =>
      runCommand(['image', 'upload', file, '--os-cloud', 'vitrine-producer', '--json'], { env }),
    [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
  };
}

test('a command that could not say what image it made says so the next time', async () => {
  let lost = 0;
  await using way = await lossyWay((method, path) => {
    const isLost = method === 'GET' && /^\/v2\/images\/[\da-f-]{36}$/.test(path) && lost === 0;
    if (isLost) lost += 1;
    return isLost;
  });
  await using command = await uploader(way.url);

  const first = await command.upload();
  const second = await command.upload();

  assert.notEqual(first.code, 0);
  assert.equal(second.code, 0, second.err);
  const { images } = (await service.call('producer', 'GET', '/v2/images')).json;
  assert.deepEqual(
    images.map(({ id, status }: { id: string; status: string }) => [id, status]),
    [[JSON.parse(second.out).id, 'active']],
  );
});

test('an upload goes on when the answer to its beginning gets lost', async () => {
  let lost = 0;
  await using way = await lossyWay((method, path) => {
    const isLost = method === 'POST' && path === '/vitrine/v1/uploads' && lost === 0;
    if (isLost) lost += 1;
    return isLost;
  });
  await using command = await uploader(way.url);

  const { code, out, err } = await command.upload();

  assert.equal(lost, 1);
  assert.equal(code, 0, err);
  assert.equal(JSON.parse(out).status, 'active');
});
