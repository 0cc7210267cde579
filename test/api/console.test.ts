import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { configOf } from '../support/config.ts';
import { sharedService } from '../support/service.ts';

const script = 'console.log("a script of the console");\n'.repeat(20);
const page =
  '<!doctype html><base href="/" /><meta name="identity" content="" /><script type="module" src="./assets/main-1a2b.js"></script>';

const folder = await mkdtemp(join(tmpdir(), 'vitrine-test-'));
after(() => rm(folder, { recursive: true }));
const missing = join(folder, 'later');

async function build(place: string): Promise<void> {
  await mkdir(join(place, 'assets'), { recursive: true });
  await writeFile(join(place, 'assets', 'main-1a2b.js'), script);
  await writeFile(join(place, 'assets', 'main-1a2b.js.br'), brotliCompressSync(script));
  await writeFile(join(place, 'assets', 'main-1a2b.js.gz'), gzipSync(script));
  await writeFile(join(place, 'index.html'), page);
}

await build(folder);
const service = await sharedService({ consoleFolder: folder });
const unbuilt = await sharedService({ consoleFolder: missing });
const none = await sharedService({ config: configOf('console: false') });
const { publicEndpoint } = configOf('public_endpoint: https://cloud.example.com/image/');
const below = await sharedService({ consoleFolder: folder, config: { publicEndpoint } });

const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';

function get(path: string, headers: Readonly<Record<string, string>> = {}, from = service) {
  return from.call('nobody', 'GET', path, undefined, headers);
}

describe('whoever comes to the root', () => {
  test('with a browser is sent to the console, which nobody may keep in mind', async () => {
    for (const path of ['/', '/?from=bookmark']) {
      const answer = await get(path, { accept: browser });

      assert.equal(answer.status, 302);
      assert.equal(answer.headers['location'], '/console');
      assert.equal(answer.headers['vary'], 'Accept');
      assert.equal(answer.headers['cache-control'], 'no-store');
    }
    assert.equal(
      (await get('/', { accept: browser }, below)).headers['location'],
      '/image/console',
    );
    const head = await service.call('nobody', 'HEAD', '/', undefined, { accept: browser });
    assert.equal(head.status, 302);
  });

  test('with a client gets the versions document, as ever', async () => {
    const expected = (await get('/versions')).json;
    // keystoneauth discovers with the first; curl and glanceclient send the second.
    for (const accept of ['application/json', '*/*', 'application/json, text/html']) {
      const answer = await get('/', { accept });

      assert.equal(answer.status, 300);
      assert.deepEqual(answer.json, expected);
      assert.equal(answer.headers['vary'], undefined);
    }
  });

  test('with a browser gets it too by other methods, at other paths, and where there is no console', async () => {
    const answers = [
      await service.call('nobody', 'POST', '/', undefined, { accept: browser }),
      await get('/nonsense', { accept: browser }),
      await get('/', { accept: browser }, none),
      await get('/console', { accept: browser }, none),
    ];

    for (const { status, json } of answers) {
      assert.equal(status, 300);
      assert(json.versions.length > 0);
    }
  });
});

describe('the page', () => {
  test('is at every path of the console, and knows its service', async () => {
    for (const path of ['/console', '/console/', '/console/images/1?a=b', '/console/inbox']) {
      const answer = await get(path);

      assert.equal(answer.status, 200);
      assert.equal(answer.headers['content-type'], 'text/html; charset=utf-8');
      assert.equal(answer.headers['cache-control'], 'no-cache');
      assert(answer.text.includes('<base href="/console/" />'));
      assert(answer.text.includes('<meta name="identity" content="embedded" />'));
    }
    const { text } = await get('/console', {}, below);
    assert(text.includes('<base href="/image/console/" />'));
  });

  test('runs nothing but files of the console, and is in no frame', async () => {
    const { headers } = await get('/console');

    const policy = String(headers['content-security-policy']);
    const directives = new Map(
      policy.split('; ').map((directive) => [directive.split(' ')[0], directive]),
    );
    assert.equal(directives.get('default-src'), "default-src 'none'");
    for (const name of ['script-src', 'style-src', 'connect-src', 'img-src']) {
      assert.equal(directives.get(name), `${name} 'self'`);
    }
    assert.equal(directives.get('frame-ancestors'), "frame-ancestors 'none'");
    assert.doesNotMatch(policy, /unsafe|https?:|data:|\*/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
  });

  test('has an entity tag of its own in each service and encoding', async () => {
    const answers = [
      await get('/console'),
      await get('/console', { 'accept-encoding': 'gzip' }),
      await get('/console', { 'accept-encoding': 'br' }),
      await get('/console', {}, below),
    ];

    assert.equal(new Set(answers.map(({ headers }) => headers['etag'])).size, 4);
    assert(answers[1]);
    assert.equal(gunzipSync(answers[1].bytes).toString(), answers[0]?.text);
  });
});

describe('a file of the console', () => {
  const path = '/console/assets/main-1a2b.js';

  test('may be kept for ever', async () => {
    const answer = await get(path);

    assert.equal(answer.status, 200);
    assert.equal(answer.text, script);
    assert.equal(answer.headers['content-type'], 'text/javascript; charset=utf-8');
    assert.equal(answer.headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.match(String(answer.headers['etag']), /^"[\w-]{27}"$/);
  });

  test('comes as small as the client takes it', async () => {
    const brotli = await get(path, { 'accept-encoding': 'gzip, deflate, br, zstd' });
    const gzipped = await get(path, { 'accept-encoding': 'gzip, br;q=0' });

    assert.equal(brotli.headers['content-encoding'], 'br');
    assert.equal(brotliDecompressSync(brotli.bytes).toString(), script);
    assert.equal(gzipped.headers['content-encoding'], 'gzip');
    assert.equal(gunzipSync(gzipped.bytes).toString(), script);
    for (const { headers } of [brotli, gzipped]) assert.equal(headers['vary'], 'Accept-Encoding');
  });

  test('is not sent again to who has it', async () => {
    const { headers } = await get(path);
    const etag = String(headers['etag']);

    const known = await get(path, { 'if-none-match': `"other", W/${etag}` });
    const another = await get(path, { 'if-none-match': '"other"' });

    assert.deepEqual([known.status, known.text, known.headers['etag']], [304, '', etag]);
    assert.equal(another.status, 200);
  });

  test('is read by GET and HEAD alone', async () => {
    const head = await service.call('nobody', 'HEAD', path);
    const post = await service.call('nobody', 'POST', path, 'x');

    assert.equal(head.status, 200);
    assert.equal(Number(head.headers['content-length']), script.length);
    assert.equal(post.status, 405);
    assert.equal(post.headers['allow'], 'GET, HEAD');
  });

  test('is one that the build made, and nothing else of the machine', async () => {
    const paths = [
      '/console/assets/',
      '/console/assets/missing.js',
      '/console/assets/main-1a2b.js.br',
      '/console/assets/../index.html',
      '/console/assets/..%2Findex.html',
      '/console/assets/../../../../etc/passwd',
    ];
    for (const place of paths) assert.equal((await get(place)).status, 404, place);
  });
});

test('a console that is not built says how to build it, and is there once it is', async () => {
  const before = await get('/console', {}, unbuilt);
  await build(missing);
  const later = await get('/console', {}, unbuilt);

  assert.equal(before.status, 503);
  assert.match(before.text, /npm run build:console/);
  assert.equal(later.status, 200);
});
