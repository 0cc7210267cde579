import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { downloadImage, imageWith, until } from '../support/image-calls.ts';
import { runService } from '../support/running-service.ts';
import { emptyFolder } from '../support/service-process.ts';
import { seededBytes } from '../support/slow-data.ts';

const page = fileURLToPath(new URL('../../docs/http.md', import.meta.url));
const folder = await emptyFolder();
after(() => folder[Symbol.asyncDispose]());

const service = await runService({
  environment: {
    VITRINE_ACCEL_REDIRECT: '/internal/',
    VITRINE_TRUSTED_PROXIES: '["127.0.0.1"]',
    VITRINE_RATE_LIMIT_ADDRESS: '0',
  },
});
after(() => service[Symbol.asyncDispose]());
const proxy = await startNginx();
after(() => proxy[Symbol.asyncDispose]());
/** The same service, reached through nginx. */
const proxied = { ...service, url: proxy.url };

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A real nginx with the page's own lines, and nothing else but where things are here. */
async function startNginx() {
  const [, lines = ''] = /```nginx\n([\s\S]*?)```/.exec(await readFile(page, 'utf8')) ?? [];
  const port = await freePort();
  const here = lines
    .replace('listen 443 ssl;', `listen 127.0.0.1:${port};`)
    .replaceAll(/^ *ssl_certificate.*\n/gm, '')
    .replace('127.0.0.1:9292', new URL(service.url).host)
    .replace('/var/lib/vitrine/images/', `${join(service.folder, 'images')}/`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder.path}/${name};`,
  );
  const configuration = join(folder.path, 'nginx.conf');
  await writeFile(
    configuration,
    `daemon off;
${userInfo().uid === 0 ? 'user root;' : ''}
pid ${folder.path}/pid;
error_log stderr;
events {}
http {
access_log off;
${temporary.join('\n')}
${here}
}
`,
  );
  const child = spawn('nginx', ['-c', configuration], { stdio: ['ignore', 'inherit', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const url = `http://127.0.0.1:${port}`;
  await until('nginx answers', async () => {
    assert.equal(child.exitCode, null, said);
    return fetch(url).then(
      () => true,
      () => false,
    );
  });
  return {
    url,
    said: () => said,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

const data = seededBytes('nginx', 5_000_000);

test('nginx sends all data of an image that was uploaded through it', async () => {
  const id = await imageWith(proxied, data);

  const { status, headers, body } = await downloadImage(proxied, id);

  assert.equal(status, 200);
  assert(body.equals(data));
  assert.equal(headers['content-length'], String(data.length));
  assert.equal(headers['content-type'], 'application/octet-stream');
  assert.equal(headers['content-md5'], createHash('md5').update(data).digest('hex'));
  assert.match(String(headers['x-openstack-request-id']), /^req-/);
  for (const name of ['x-accel-redirect', 'etag', 'last-modified']) {
    assert.equal(headers[name], undefined, name);
  }
});

test('the service itself sends nginx no data', async () => {
  const id = await imageWith(proxied, data);

  // As nginx asks, from an address that is trusted.
  const { status, headers, body } = await downloadImage(service, id);

  assert.equal(status, 200);
  assert.equal(headers['x-accel-redirect'], `/internal/${id.slice(0, 2)}/${id}`);
  assert.equal(body.length, 0);
});

for (const [range, first, end] of [
  ['bytes=0-0', 0, 1],
  ['bytes=4999999-', 4_999_999, 5_000_000],
  ['bytes=-7', 4_999_993, 5_000_000],
  ['bytes=250000-3749999', 250_000, 3_750_000],
  ['bytes=250000-99999999', 250_000, 5_000_000],
] as const) {
  test(`nginx sends the part that ${range} asks for`, async () => {
    const id = await imageWith(proxied, data);

    const { status, headers, body } = await downloadImage(proxied, id, { range });

    assert.equal(status, 206);
    assert.equal(headers['content-range'], `bytes ${first}-${end - 1}/${data.length}`);
    assert(body.equals(data.subarray(first, end)));
  });
}

test("what is not nginx's to decide is answered as without it", async () => {
  const id = await imageWith(proxied, data);
  const asked = [
    { range: 'bytes=5000000-' },
    { range: 'bytes=0-1,5-6' },
    { range: 'nonsense' },
    { 'content-range': 'bytes 5-9/*' },
  ];

  for (const headers of asked) {
    const through = await downloadImage(proxied, id, headers);
    const direct = await downloadImage(service, id, headers);
    assert.equal(through.status, direct.status, JSON.stringify(headers));
    assert(through.body.equals(direct.body), JSON.stringify(headers));
  }
  const { status, body } = await downloadImage(proxied, id, { 'content-range': 'bytes 5-9/*' });
  assert.equal(status, 206);
  assert(body.equals(data.subarray(5, 10)));
});

test("the folder of images is nobody's to read at nginx", async () => {
  const id = await imageWith(proxied, data);

  const answer = await fetch(`${proxy.url}/internal/${id.slice(0, 2)}/${id}`);

  assert.equal(answer.status, 404);
});
