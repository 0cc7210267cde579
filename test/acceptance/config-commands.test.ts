import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { settingsPage } from '../../src/config/description.ts';
import { runCommand } from '../support/command.ts';
import { emptyFolder } from '../support/service-process.ts';

async function configFile(text: string) {
  const folder = await emptyFolder();
  const file = join(folder.path, 'vitrine.yaml');
  await writeFile(file, text);
  return { file, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test('the page of the settings says what the service knows of them', async () => {
  const page = await readFile(new URL('../../docs/configure.md', import.meta.url), 'utf8');

  assert.equal(page, settingsPage(), 'Run npm run docs:configure.');
});

test('config check tells every problem with its line, and what may be meant', async () => {
  await using given = await configFile('port: none\nimage_sise_cap: 1\n');
  const { file } = given;

  const env = { VITRINE_CONFIG: file, VITRINE_API_LIMIT_MAX: '0', VITRINE_PROT: '1' };
  const { code, out, err } = await runCommand(['config', 'check'], { env });

  assert.deepEqual([code, out], [1, '']);
  assert.deepEqual(err.split('\n').toSorted(), [
    '',
    `${file}:1: port: a whole number from 0 to 65535 is wanted.`,
    `${file}:2: image_sise_cap: is no setting. Is image_size_cap meant?`,
    'VITRINE_API_LIMIT_MAX: a whole number from 1 to 10000 is wanted.',
    'VITRINE_PROT: is no setting. Is VITRINE_PORT meant?',
  ]);
});

test('config check is content with what the service would start with', async () => {
  await using given = await configFile('port: 1\n');

  const checked = await runCommand(['config', 'check', '--file', given.file], { env: {} });

  assert.deepEqual([checked.code, checked.err], [0, '']);
  assert.match(checked.out, /^The configuration is right: 1 of \d+ settings are given/);
});

test('config show lists every setting and where it was given', async () => {
  await using given = await configFile('port: 1\ncors_allowed_origins: ["*"]\n');
  const env = { VITRINE_CONFIG: given.file, VITRINE_HOST: '::1' };

  const { out } = await runCommand(['config', 'show', '--json'], { env });

  const rows = JSON.parse(out) as { key: string; value: string; given_in: string }[];
  const row = (key: string) => rows.find((one) => one.key === key);
  assert.deepEqual(row('host'), { key: 'host', value: '::1', given_in: 'VITRINE_HOST' });
  assert.deepEqual(row('port'), { key: 'port', value: '1', given_in: `${given.file}:1` });
  assert.equal(row('cors_allowed_origins')?.value, '["*"]');
  assert.deepEqual(row('data_dir'), { key: 'data_dir', value: './data', given_in: 'default' });
});

test('no config command tells a secret', async () => {
  await using given = await configFile('keystone_password: hunter2\n');
  const env = { VITRINE_KEYSTONE_APPLICATION_CREDENTIAL_SECRET: 'hunter2' };
  const commands = [
    ['show'],
    ['check'],
    ['explain', 'keystone_password'],
    ['explain', 'keystone_application_credential_secret'],
  ];

  const told = await Promise.all(
    commands.map((command) => runCommand(['config', ...command, '--file', given.file], { env })),
  );

  for (const { code, out, err } of told) {
    assert.equal(code, 0);
    assert(!`${out}${err}`.includes('hunter2'));
  }
  assert.match(told[0]?.out ?? '', /keystone_password +\(secret\) /);
});

test('config explain tells what a setting is, by its key or its variable', async () => {
  for (const name of ['image_size_cap', 'VITRINE_IMAGE_SIZE_CAP']) {
    const { code, out } = await runCommand(['config', 'explain', name, '--json'], { env: {} });

    const explained = JSON.parse(out);
    assert.equal(code, 0);
    assert.match(explained.about, /^Bytes of data that one image may have/);
    assert.deepEqual(
      [explained.environment, explained.default, explained.given_in],
      ['VITRINE_IMAGE_SIZE_CAP', '1099511627776', 'default'],
    );
  }
});

test('config explain of what is no setting tells which may be meant', async () => {
  const { code, err } = await runCommand(['config', 'explain', 'image_sise_cap'], { env: {} });

  assert.equal(code, 2);
  assert.match(err, /^image_sise_cap: is no setting\. Is image_size_cap meant\?/);
});
