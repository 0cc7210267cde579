import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createImage, dataType } from '../support/images.ts';
import { metricsIn } from '../support/metrics.ts';
import { rawConnection } from '../support/raw-connection.ts';
import { type Headers, sharedService } from '../support/service.ts';

const cacheFolder = await mkdtemp(join(tmpdir(), 'vitrine-metrics-'));
after(() => rm(cacheFolder, { recursive: true, force: true }));
// With all that there is to tell of.
const service = await sharedService({ config: { imageCacheDir: cacheFolder } });

async function read(headers: Headers = {}) {
  const { status, text } = await service.call('nobody', 'GET', '/metrics', undefined, headers);
  assert.equal(status, 200);
  return metricsIn(text);
}

test('what was done is counted, by kind of call and status and not by whom', async () => {
  const before = await read();
  const image = await createImage(service);
  const path = `/v2/images/${image.id}`;
  await service.call('producer', 'PUT', `${path}/file`, 'x'.repeat(1000), dataType);
  for (let n = 0; n < 3; n += 1) await service.call('producer', 'GET', path);
  await service.call('producer', 'GET', `${path}/file`);
  await service.call('consumer', 'GET', path);
  await service.call('nobody', 'QUERY', '/v2/nonsense');
  const after = await read();

  const grown = (name: string, labels: Record<string, string> = {}) =>
    after.get(name, labels) - before.get(name, labels);
  const calls = (route: string, method: string, status: string) =>
    grown('vitrine_http_requests_total', { route, method, status });
  assert.equal(calls('image', 'GET', '200'), 3, 'by the short way too');
  assert.equal(calls('image', 'GET', '404'), 1);
  assert.equal(calls('images', 'POST', '201'), 1);
  assert.equal(calls('image data', 'PUT', '204'), 1);
  assert.equal(calls('other', 'other', '401'), 1, 'whatever method a caller makes up');
  assert.equal(grown('vitrine_http_request_seconds_count', { route: 'image', method: 'GET' }), 4);
  assert.equal(grown('vitrine_upload_bytes_total'), 1000);
  assert.equal(grown('vitrine_download_bytes_total'), 1000);
  assert.equal(grown('vitrine_refusals_total', { code: 'ImageNotFound' }), 1);
  assert(grown('vitrine_database_transactions_total') >= 3);
  assert.equal(after.get('vitrine_http_requests_running'), 1, 'the one that reads this');
  assert.equal(after.get('vitrine_database_up'), 1);
  for (const secret of [image.id, ...Object.values(service.projects), 'producer']) {
    assert(!after.text.includes(secret), 'nothing is about a project, a user or an image');
  }
});

test('an answer that its reader did not wait for is counted as cut off', async () => {
  const image = await createImage(service);
  const path = `/v2/images/${image.id}/file`;
  {
    await using sender = await rawConnection(service.port);
    sender.write(
      `PUT ${path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${service.tokens.producer}\r\n` +
        'Content-Type: application/octet-stream\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n',
    );
    await sender.until(/100 Continue/);
  }
  const cut = { route: 'image data', method: 'PUT', status: 'cut off' };

  let after = await read();
  while (after.get('vitrine_http_requests_total', cut) === 0) after = await read();

  assert.equal(after.get('vitrine_http_requests_total', cut), 1);
});

test('what comes past a proxy is not from this machine', async () => {
  for (const header of ['X-Forwarded-For', 'Forwarded', 'Via', 'X-Real-IP']) {
    const { status, text } = await service.call('admin', 'GET', '/metrics', undefined, {
      [header]: '127.0.0.1',
    });

    assert.equal(status, 403, header);
    assert.match(text, /metrics_token/);
  }
});

test('behind a proxy that the configuration knows of nobody may read without a token', async () => {
  const behind = await sharedService({ config: { publicEndpoint: 'https://images.example.com' } });

  const { status } = await behind.call('admin', 'GET', '/metrics');

  assert.equal(status, 403);
});

test('with a token, whoever has it may read, from wherever, and nobody else', async () => {
  const metricsToken = 'a-token-of-prometheus';
  const guarded = await sharedService({ config: { metricsToken } });
  const ask = (authorization?: string) =>
    guarded.call('admin', 'GET', '/metrics', undefined, {
      'x-forwarded-for': '192.0.2.1',
      ...(authorization !== undefined && { authorization }),
    });

  const refused = await Promise.all([ask(), ask('Bearer another-token'), ask(metricsToken)]);
  const read = await ask(`Bearer ${metricsToken}`);

  assert.deepEqual(
    refused.map(({ status }) => status),
    [401, 401, 401],
  );
  assert.equal(refused[0]?.headers['www-authenticate'], 'Bearer realm="metrics"');
  assert.equal(read.status, 200);
  assert.match(String(read.headers['content-type']), /^text\/plain; version=0\.0\.4/);
});

/** What an operator reads of each metric, made of what the service tells. */
function tableOf(text: string): readonly string[] {
  const labels = new Map<string, Set<string>>();
  for (const [, name = '', given = ''] of text.matchAll(/^(\w+)\{(.*)\} /gm)) {
    const metric = name.replace(/_(bucket|sum|count)$/, '');
    const known = labels.get(metric) ?? new Set();
    for (const [, label = ''] of given.matchAll(/(\w+)="/g)) if (label !== 'le') known.add(label);
    labels.set(metric, known);
  }
  return [...text.matchAll(/^# HELP (\w+) (.*)\n# TYPE \w+ (\w+)$/gm)].map(
    ([, name = '', help, kind]) => {
      const of = [...(labels.get(name) ?? [])].map((label) => `\`${label}\``).join(', ');
      return [`\`${name}\``, kind, of, help].join(' | ');
    },
  );
}

// With VITRINE_WRITE_MONITOR=yes it writes them there.
test('docs/monitor.md says of each metric what the service says', async () => {
  const { text } = await read();
  const told = tableOf(text);
  const page = await readFile('docs/monitor.md', 'utf8');
  const [before = '', table = '', after = ''] = page.split(
    /(?<=<!-- metrics[^\n]*\n)|(?=<!-- end of metrics)/,
  );

  const rows = table.split('\n').filter((line) => line.startsWith('| `'));
  const documented = rows.map((line) =>
    line
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.trim())
      .join(' | '),
  );
  if (process.env['VITRINE_WRITE_MONITOR']) {
    const others = documented.filter((row) => row.includes(' PostgreSQL ') && !told.includes(row));
    const lines = [...told, ...others].map((row) => `| ${row} |`);
    const head = '| metric | kind | labels | what it tells |\n| --- | --- | --- | --- |';
    await writeFile('docs/monitor.md', `${before}\n${head}\n${lines.join('\n')}\n\n${after}`);
    return;
  }

  assert.deepEqual(
    told.filter((row) => !documented.includes(row)),
    [],
    'not in the page',
  );
  const isElsewhere = (row: string) => row.startsWith('`vitrine_database_connections`');
  assert.deepEqual(
    documented.filter((row) => !told.includes(row) && !isElsewhere(row)),
    [],
    'not told',
  );
});
